-- Creates checklists, one name after the other, or tasks (BENCH_MEMBER=todo); with BENCH_RATE so many a second, else as fast as it goes.
dofile(os.getenv("BENCH_LOAD") .. "/report.lua")

local counter = 0
local member = os.getenv("BENCH_MEMBER") or "name"
local headers = { ["content-type"] = "application/json", ["authorization"] = os.getenv("BENCH_AUTHORIZATION") }

function request()
  counter = counter + 1
  return wrk.format("POST", nil, headers, '{"' .. member .. '":"Shopping ' .. counter .. '"}')
end

local rate = tonumber(os.getenv("BENCH_RATE") or "")
if rate then
  local ffi = require("ffi")
  ffi.cdef([[
    typedef struct { long seconds; long nanoseconds; } moment;
    int clock_gettime(int clock, moment *now);
  ]])
  local moment = ffi.new("moment")
  local slot = nil

  -- Every request has its slot in a common timetable; a late one goes at once.
  function delay()
    ffi.C.clock_gettime(1, moment)
    local now = tonumber(moment.seconds) * 1000 + tonumber(moment.nanoseconds) / 1e6
    slot = (slot or now) + 1000 / rate
    if slot < now - 1000 then slot = now end
    return math.max(0, math.floor(slot - now + 0.5))
  end
end
