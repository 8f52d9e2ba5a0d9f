-- Sends the body BENCH_BODY to the paths in the file BENCH_ROWS, one a line, by turns, as a merge patch.
dofile(os.getenv("BENCH_LOAD") .. "/report.lua")

local paths, turn = {}, 0
for line in io.lines(os.getenv("BENCH_ROWS")) do paths[#paths + 1] = line end

local headers = { ["content-type"] = "application/merge-patch+json" }
local body = os.getenv("BENCH_BODY")

function request()
  turn = turn + 1
  return wrk.format("PATCH", paths[turn % #paths + 1], headers, body)
end
