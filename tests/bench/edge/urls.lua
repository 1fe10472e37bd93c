-- wrk script. Arguments after --: MODE PREFIX SUFFIX FIRST COUNT
--   hot       PREFIX FIRST SUFFIX again and again
--   tls       the same; the URL given to wrk says https
--   distinct  the COUNT numbers from FIRST on, in a fixed shuffled order, again and again
--   miss      every number from FIRST on, once
-- One thread (wrk -t1): the counter is the thread's own.
local mode, prefix, suffix, first, count
local position, requests = 0, {}

function init(args)
  mode, prefix, suffix = args[1], args[2], args[3]
  first, count = tonumber(args[4]), tonumber(args[5])
  if mode == "miss" then return end
  for i = 0, ((mode == "hot" or mode == "tls") and 1 or count) - 1 do
    -- A stride that shares no factor with the count visits each once.
    requests[i + 1] = wrk.format("GET", prefix .. (first + i * 7919 % count) .. suffix)
  end
end

function request()
  position = position + 1
  if mode == "miss" then
    return wrk.format("GET", string.format("%s%d%s", prefix, first + position, suffix))
  end
  return requests[(position - 1) % #requests + 1]
end

function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "seconds": %.6f, "bad": %d, "p50_us": %d, "p99_us": %d}\n',
    summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
