-- A token bucket on a Redis server. It follows `_call/usage_plan.py`, which says why; here stands what differs.
--
-- All times are whole microseconds: the credit of a bucket is the time for which it has filled up, and a call costs the
-- interval between two calls. So nothing is lost by rounding. Only spans of time are handed back.
--
-- Nobody calls when a turn comes. A ticket is granted at the time that its holder was told, whenever the next script
-- runs.
--
-- KEYS   the bucket (a hash); its queue and its calls in flight (sorted sets of tickets); the server's marker
-- ARGV   what to do; the time, or "" for the server's; the ticket; the plan (set by a user or not, interval, burst);
--        reserve: how long it may wait, answered: the announced interval; a pause; what is owed to the bucket;
--        how late a holder may hear of a change; and the tickets whose turns are asked for, each with the time when
--        its bucket began, as its holder was told last. -1: none
-- Reply  whether a ticket was booked, its wait, the interval, the burst, when the bucket began, and the wait of each
--        ticket asked for. -1: it is over

local bucket, queue, flight, marker = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local action, ticket = ARGV[1], ARGV[3]
local explicit, plan_interval, plan_burst = ARGV[4] == '1', tonumber(ARGV[5]), tonumber(ARGV[6])
local limit, pause, owed, moment = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local FIRST_ASKED = 11

local FLIGHT_LASTS = 120 * 1000000 -- a call that is not over by then belongs to a process that is gone
local KEPT = 900 * 1000000 -- how long a full bucket's learned rate is kept, and a user's plan that nobody repeats
local AHEAD = -2 ^ 52 -- throttled calls stand before all others, in their own order

local function int(number)
    return string.format('%.0f', number)
end

local function read_clock()
    if ARGV[2] ~= '' then
        return tonumber(ARGV[2])
    end
    local time = redis.call('TIME')
    return time[1] * 1000000 + time[2]
end

-- The time since when this server knows every call. Before its start, or before it was flushed, nobody knows.
local function known_since(now)
    local told = redis.pcall('INFO', 'server') -- an error where the user may not ask
    local run = type(told) == 'string' and string.match(told, 'run_id:(%x+)') or 'unknown'
    local since = string.match(redis.call('GET', marker) or '', '^' .. run .. ' (%d+)$')
    if since and tonumber(since) <= now then
        return tonumber(since)
    end
    redis.call('SET', marker, run .. ' ' .. int(now))
    return now
end

local now = read_clock()
local since = known_since(now)

-- The state of the bucket. 0 stands for a plan or a rate that nobody has named.
local state = {
    interval = 0, burst = 0, published_interval = 0, published_burst = 0, announced = 0,
    set_interval = 0, set_interval_at = 0, set_burst = 0, set_burst_at = 0,
    credit = 0, sure = 0, stamp = 0, opens = 0, lag = 0, order = 0, since = -1, began = 0,
}
local written = redis.call('HGETALL', bucket)
local is_new = #written == 0
for index = 1, #written, 2 do
    state[written[index]] = tonumber(written[index + 1])
end

local function flying()
    return redis.call('ZCARD', flight)
end

local function serve()
    while state.credit >= state.interval do
        local head = redis.call('ZPOPMIN', queue)
        if #head == 0 then
            return
        end
        state.credit = state.credit - state.interval
        redis.call('ZADD', flight, int(state.stamp - state.credit), head[1])
    end
end

local function settle()
    if now < state.stamp then -- the clock was set back: as if no time had passed
        state.opens = state.opens - (state.stamp - now)
        state.stamp = now
    end
    local paused = state.stamp < state.opens
    local full = state.burst * state.interval
    state.credit = state.credit + (now - state.stamp)
    state.sure = math.min(state.sure + (now - state.stamp), full)
    state.stamp = now
    if paused then
        state.credit = math.min(state.credit, state.interval - (state.opens - now))
    end
    serve()
    if redis.call('ZCARD', queue) == 0 then
        local brim = math.max(1, state.burst - flying())
        if state.credit >= brim * state.interval then
            state.credit = brim * state.interval
            if brim == state.burst then
                state.lag = 0
            end
        end
    end
end

local function resized(level, burst)
    local changed = level + (burst - state.burst) * state.interval
    return state.set_burst == 0 and changed or math.max(changed, math.min(level, 0))
end

-- Goes over to the interval and the burst that follow from the plans and the announced rate.
local function adjust()
    local interval = state.set_interval > 0 and state.set_interval or state.published_interval
    local burst = state.set_burst > 0 and state.set_burst or state.published_burst
    if state.announced > 0 then
        interval = math.max(state.announced, state.set_interval)
    end
    settle()
    if interval ~= state.interval then
        local factor = interval / state.interval
        if state.credit >= 0 then
            state.credit = math.floor(state.credit * factor)
        else -- a debt stays a span of time, but takes away nothing that is certain
            local certain = math.min(state.credit, state.sure - flying() * state.interval)
            state.credit = math.max(state.credit, math.floor(certain * factor))
        end
        state.sure = math.floor(state.sure * factor)
        state.interval = interval
    end
    state.credit, state.sure = resized(state.credit, burst), resized(state.sure, burst)
    state.burst = burst
    settle()
end

-- Of two plans that users set, the smaller applies, as long as somebody repeats it.
local function set_limit(name, value, is_smaller)
    local known, at = state[name], state[name .. '_at']
    if known == 0 or value == known or is_smaller or now - at > KEPT then
        state[name], state[name .. '_at'] = value, now
    end
end

local function agree()
    if explicit then
        set_limit('set_interval', plan_interval, plan_interval > state.set_interval)
        set_limit('set_burst', plan_burst, plan_burst < state.set_burst)
    else
        state.published_interval, state.published_burst = plan_interval, plan_burst
    end
    adjust()
end

-- A bucket begins as full as it can have become since the server knows every call. Until now those who wait elsewhere
-- went by what they had been told.
local function begin()
    if is_new then
        state.interval, state.burst = plan_interval, plan_burst
        state.published_interval, state.published_burst = plan_interval, plan_burst
    end
    redis.call('DEL', queue, flight)
    state.credit = math.min(state.credit, 0) - moment
    state.sure, state.stamp, state.lag = state.credit, since, 0
    state.since, state.began = since, now
    state.opens = math.min(state.opens, now + KEPT)
end

local function arrive(late)
    state.sure = state.sure - state.interval
    late = math.min(late, state.burst * state.interval)
    local uncertain = state.credit - (state.sure - flying() * state.interval)
    local charge = math.min(late - state.lag, uncertain)
    if charge > 0 then
        state.credit = state.credit - charge
        state.lag = state.lag + charge
    end
end

-- Whatever was sent has arrived long ago, and the bucket has filled up since.
local function forget_the_lost()
    local lost = redis.call('ZREMRANGEBYSCORE', flight, '-inf', int(now - FLIGHT_LASTS))
    state.sure = state.sure - lost * state.interval
end

local function push_back()
    state.credit = math.min(state.credit, 0)
    state.opens = math.max(state.opens, now + pause)
    settle()
end

local function empty()
    state.credit = math.min(state.credit, 0) - owed
    state.sure = math.min(state.sure, state.credit + flying() * state.interval)
end

local function enqueue(name, ahead)
    state.order = state.order + 1
    redis.call('ZADD', queue, int(state.order + (ahead and AHEAD or 0)), name)
end

-- Microseconds until a ticket has its turn. False: nobody knows it.
local function wait_of(name)
    local rank = redis.call('ZRANK', queue, name)
    if rank then
        return math.max(1, (rank + 1) * state.interval - state.credit)
    end
    return redis.call('ZSCORE', flight, name) and 0
end

local function reserve()
    local ahead = pause >= 0
    local wait = wait_of(ticket)
    if wait then -- the reply to the first request was lost
        return 1, wait
    end
    local waiting = redis.call('ZCARD', queue)
    if waiting == 0 and state.credit >= state.interval then
        state.credit = state.credit - state.interval
        redis.call('ZADD', flight, int(now), ticket)
        return 1, 0
    end
    local before = ahead and redis.call('ZCOUNT', queue, '-inf', '(0') or waiting
    wait = math.max(1, (before + 1) * state.interval - state.credit)
    if limit >= 0 and wait > limit then
        return 0, wait
    end
    enqueue(ticket, ahead)
    return 1, wait
end

local function cancel()
    redis.call('ZREM', queue, ticket)
    if redis.call('ZREM', flight, ticket) == 1 then
        state.credit = state.credit + state.interval
    end
    settle()
end

local function answered()
    if limit > 0 then
        state.announced = limit
        adjust()
    end
    local granted = redis.call('ZSCORE', flight, ticket)
    if redis.call('ZREM', queue, ticket) == 1 then
        -- It left when its holder had been told, and the holder did not hear yet that its turn was put off.
        state.credit = state.credit - state.interval
        state.sure = state.sure - state.interval
    elseif granted then
        redis.call('ZREM', flight, ticket)
        arrive(now - granted)
    end
end

local function keep()
    local fields = {}
    for name, value in pairs(state) do
        fields[#fields + 1] = name
        fields[#fields + 1] = int(value)
    end
    redis.call('HSET', bucket, unpack(fields))
    local missing = state.burst * state.interval - state.credit + redis.call('ZCARD', queue) * state.interval
    local lasts = int(math.ceil((math.max(0, missing) + math.max(0, state.opens - now) + KEPT) / 1000))
    for _, key in ipairs({ bucket, queue, flight }) do
        redis.call('PEXPIRE', key, lasts)
    end
end

if state.since ~= since then
    begin()
end
forget_the_lost()
settle()
if is_new or action == 'reserve' then
    agree()
end
if owed >= 0 then
    empty()
end
local booked, wait = 1, 0
if action == 'cancel' then
    cancel()
elseif action == 'answered' then
    answered()
end
if pause >= 0 then
    push_back()
end
if action == 'reserve' then
    booked, wait = reserve()
end
local reply = { booked, wait, state.interval, state.burst, state.began }
for index = FIRST_ASKED, #ARGV, 2 do
    local name = ARGV[index]
    if not wait_of(name) and tonumber(ARGV[index + 1]) ~= state.began then -- the bucket was lost meanwhile
        enqueue(name, false)
        settle()
    end
    reply[#reply + 1] = wait_of(name) or -1
end
keep()
return reply
