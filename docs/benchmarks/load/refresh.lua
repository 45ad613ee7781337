-- Refresh tokens from a file; each answer's successor is queued behind the others, so that no token is used twice.
-- Environment: LINES, AUTHORIZATION.
local queue, head, tail = {}, 1, 0
for line in io.lines(os.getenv("LINES")) do tail = tail + 1; queue[tail] = line end
local form = {
    ["Content-Type"] = "application/x-www-form-urlencoded",
    ["Authorization"] = os.getenv("AUTHORIZATION"),
}

function request()
    local token = queue[head]
    queue[head] = nil
    head = head + 1
    return wrk.format("POST", nil, form, "grant_type=refresh_token&refresh_token=" .. token)
end

function response(status, headers, body)
    local token = body:match('"refresh_token":"([^"]+)"')
    if token then tail = tail + 1; queue[tail] = token end
end
