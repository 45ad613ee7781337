-- One line of a file after the other, in turn. Environment: LINES (the file), KIND: `bearer` (GET with the
-- line as bearer token), `introspect` (POST token=line), AUTHORIZATION for the latter.
local lines, next_line = {}, 0
for line in io.lines(os.getenv("LINES")) do lines[#lines + 1] = line end
local kind, authorization = os.getenv("KIND"), os.getenv("AUTHORIZATION")
local form = { ["Content-Type"] = "application/x-www-form-urlencoded", ["Authorization"] = authorization }

function request()
    next_line = next_line % #lines + 1
    if kind == "bearer" then
        return wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. lines[next_line] })
    end
    return wrk.format("POST", nil, form, "token=" .. lines[next_line])
end
