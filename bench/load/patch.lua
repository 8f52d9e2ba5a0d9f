-- Renames checklists on the condition of the ETag last seen. BENCH_ROWS names a file of ids and ETags, one
-- pair a line, more of them than there are connections: each is used by one request at a time.
dofile(os.getenv("BENCH_LOAD") .. "/report.lua")

-- A queue: what is answered goes behind what waits.
local rows, first, last = {}, 1, 0
local function put(id, etag)
  last = last + 1
  rows[last] = { id = id, etag = etag }
end
for line in io.lines(os.getenv("BENCH_ROWS")) do put(line:match("^(%S+) (.+)$")) end

local counter = 0

function request()
  local row = rows[first]
  rows[first] = nil
  first = first + 1
  counter = counter + 1
  local headers = { ["content-type"] = "application/merge-patch+json", ["if-match"] = row.etag }
  return wrk.format("PATCH", "/checklists/" .. row.id, headers, '{"name":"Shopping ' .. counter .. '"}')
end

-- A row whose write failed is not used again: its ETag may be another by now.
function response(status, headers, body)
  if status ~= 200 then return end
  for name, value in pairs(headers) do
    if name:lower() == "etag" then return put(body:match('"id":"([^"]+)"'), value) end
  end
end
