-- Refresh tokens from a file; each answer's successor is queued behind the others, so that no token is used twice.
-- Environment: LINES, AUTHORIZATION.
local queue, head, tail, threads = {}, 1, 0, {}
for line in io.lines(os.getenv("LINES")) do tail = tail + 1; queue[tail] = line end
local form = {
    ["Content-Type"] = "application/x-www-form-urlencoded",
    ["Authorization"] = os.getenv("AUTHORIZATION"),
}
unexpected = 0
local used = {}

function setup(thread) threads[#threads + 1] = thread end

function request()
    local token = queue[head]
    queue[head] = nil
    head = head + 1
    used[token] = true
    return wrk.format("POST", nil, form, "grant_type=refresh_token&refresh_token=" .. token)
end

function response(status, headers, body)
    local token = body:match('"refresh_token":"([^"]+)"')
    if token then tail = tail + 1; queue[tail] = token end
    if status < 400 and (not token or used[token]) then unexpected = unexpected + 1 end
end

function done()
    for _, thread in ipairs(threads) do io.write("Unexpected: ", thread:get("unexpected"), "\n") end
end
