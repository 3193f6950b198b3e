-- The state of a crawl in Redis, and the only code that changes it: a command is carried out as a whole or not at all.
--
-- KEYS[1]: the prefix of all keys. ARGV: the command, the name of the worker, its session, the id of the crawl, and the
-- arguments of the command.

local prefix, command, worker, session, crawl = KEYS[1], unpack(ARGV, 1, 4)
local call = redis.call

local keys = {
  -- request:KEY, a request as MessagePack: url, host, data, place (priority and date as text that sorts in the order of
  -- the queue), id, must (mandatory), state, tries, run, due, by (the worker that has it in flight), lost (workers that
  -- died with it), failed, final, reason, story, etag, modified, checked, changed, skipped
  request = prefix .. 'request:',
  queue = prefix .. 'queue:', -- HOST: its queued requests, in order
  mandatory_queue = prefix .. 'must:', -- HOST: those that are mandatory
  due = prefix .. 'due', -- requests that wait for their time (seconds since the epoch)
  failed = prefix .. 'failed', -- the keys of failed requests
  skipped = prefix .. 'skipped', -- the keys of pages without a story
  in_flight_keys = prefix .. 'flights:', -- WORKER: the keys of its requests in flight
  in_flight_counts = prefix .. 'flying', -- the number of requests in flight by HOST, and by HOST WORKER
  last_taken = prefix .. 'taken', -- what each worker took last, so that a lost reply can be sent again
  opening_times = prefix .. 'gates', -- when each host may be contacted again
  ready_hosts = prefix .. 'ready', -- the hosts with a queue, by that time
  paces = prefix .. 'paces', -- HOST: seconds between two requests, and the number in flight at the same time
  blocked_hosts = prefix .. 'barred',
  host_failures = prefix .. 'troubles', -- HOST: consecutive failures, and the end of its pause
  workers = prefix .. 'workers', -- each by the time at which its lease expires
  sessions = prefix .. 'lives', -- the latest session of each worker
  story = prefix .. 'story:', -- ID: a story as MessagePack
  story_keys = prefix .. 'keys', -- story by key
  band = prefix .. 'band:', -- N: stories by band, in small hashes, which Redis stores compactly
  write_lock = prefix .. 'turn',
  marks = prefix .. 'marks', -- born (the id of the crawl), run, ids, open, made, damaged, and the named values
}

local QUEUED, IN_FLIGHT, CLOSED = 0, 1, 2
local MAX_DEATHS = 5 -- workers that may die with a request in flight before it counts as the cause
local RANK_SIZE = 34 -- bytes of a request's place and id
local BATCH = 100 -- requests that become due in one step, and hosts that are compared in one
local clock = call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local commands = {}

local function text(seconds)
  return string.format('%.6f', seconds)
end

local function mark(name)
  return tonumber(call('HGET', keys.marks, name) or 0)
end

local function is_valid(request)
  return type(request) == 'table' and type(request.host) == 'string' and type(request.place) == 'string'
    and type(request.id) == 'number' and type(request.data) == 'string' and type(request.url) == 'string'
    and type(request.state) == 'number' and type(request.tries) == 'number' and type(request.due) == 'number'
end

-- Returns a request, or nil. A damaged row, or one of another program, is deleted, so that no later run meets it.
local function get(key)
  local packed = call('GET', keys.request .. key)
  if not packed then
    return nil
  end
  local is_unpacked, request = pcall(cmsgpack.unpack, packed)
  if is_unpacked and is_valid(request) then
    return request
  end
  call('DEL', keys.request .. key)
  call('ZREM', keys.due, key)
  call('SREM', keys.failed, key)
  call('SREM', keys.skipped, key)
  call('HINCRBY', keys.marks, 'open', -1)
  call('HINCRBY', keys.marks, 'damaged', 1)
  return nil
end

local function put(key, request)
  call('SET', keys.request .. key, cmsgpack.pack(request))
end

local function opening_time(host)
  return tonumber(call('HGET', keys.opening_times, host) or 0)
end

local function close_host_until(host, time)
  if time > opening_time(host) then
    call('HSET', keys.opening_times, host, text(time))
    call('ZADD', keys.ready_hosts, 'XX', text(time), host)
  end
end

local function queue_of(request)
  return (request.must and keys.mandatory_queue or keys.queue) .. request.host
end

local function queue_member(key, request)
  return request.place .. string.format('%012d', request.id) .. key -- RANK_SIZE bytes, and the key
end

local function enqueue(key, request)
  request.state = QUEUED
  if request.due > now then
    call('ZADD', keys.due, text(request.due), key)
  else
    call('ZADD', queue_of(request), 0, queue_member(key, request))
    call('ZADD', keys.ready_hosts, text(opening_time(request.host)), request.host)
  end
end

local function dequeue(key, request)
  call('ZREM', keys.due, key)
  call('ZREM', queue_of(request), queue_member(key, request))
end

local function add_in_flight(host, name, count)
  for _, field in ipairs({ host, host .. ' ' .. name }) do
    if call('HINCRBY', keys.in_flight_counts, field, count) <= 0 then
      call('HDEL', keys.in_flight_counts, field)
    end
  end
end

local function end_flight(key, request)
  call('SREM', keys.in_flight_keys .. request.by, key)
  add_in_flight(request.host, request.by, -1)
  request.by = nil
end

local function close(key, request)
  request.state, request.checked = CLOSED, now
  call('HINCRBY', keys.marks, 'open', -1)
  call(request.failed and 'SADD' or 'SREM', keys.failed, key)
end

local function reopen(key, request)
  if request.state == CLOSED then
    call('HINCRBY', keys.marks, 'open', 1)
    call('SREM', keys.failed, key)
  elseif request.state == IN_FLIGHT then
    end_flight(key, request)
  else
    dequeue(key, request)
  end
end

-- Queues again what a worker has in flight, and removes the worker.
local function remove_worker(name, has_died)
  for _, key in ipairs(call('SMEMBERS', keys.in_flight_keys .. name)) do
    local request = get(key)
    if request and request.by then
      end_flight(key, request)
      request.lost = (request.lost or 0) + (has_died and 1 or 0)
      if request.lost < MAX_DEATHS then
        enqueue(key, request)
      else
        request.lost, request.failed, request.final, request.reason = 0, true, false, 'its workers died'
        close(key, request)
      end
      put(key, request)
    else
      call('SREM', keys.in_flight_keys .. name, key)
    end
  end
  call('ZREM', keys.workers, name)
  call('HDEL', keys.last_taken, name)
end

local function expire_workers()
  for _, name in ipairs(call('ZRANGEBYSCORE', keys.workers, '-inf', '(' .. text(now))) do
    if name ~= worker then -- the sender of a command is alive, however late its heartbeat is
      remove_worker(name, true)
    end
  end
end

local function promote_due()
  for _, key in ipairs(call('ZRANGEBYSCORE', keys.due, '-inf', text(now), 'LIMIT', 0, BATCH)) do
    local request = get(key)
    call('ZREM', keys.due, key)
    if request then
      enqueue(key, request)
      put(key, request)
    end
  end
end

local function head(queue)
  return call('ZRANGE', queue, 0, 0)[1]
end

-- Returns the first request of a host, and its queue.
local function first_of_host(host, mandatory)
  local best, queue = head(keys.mandatory_queue .. host), keys.mandatory_queue .. host
  local other = not mandatory and head(keys.queue .. host)
  if other and (not best or other < best) then
    best, queue = other, keys.queue .. host
  end
  return best, queue
end

-- Returns delay and concurrency of a host; nil for a host that no worker has reported.
local function pace_of(host)
  return (call('HGET', keys.paces, host) or ''):match('(%S+) (%S+)')
end

local function delay_of(host, default)
  return tonumber(pace_of(host) or default)
end

-- Returns whether one more request of a host may be in flight: `limit` at most, of which each worker has its share.
-- Before the first response the limit is one, as the pace that the host allows is unknown.
local function has_capacity(host, limit)
  local _, concurrency = pace_of(host)
  limit = math.min(tonumber(limit), tonumber(concurrency or 1))
  local share = math.ceil(limit / math.max(call('ZCARD', keys.workers), 1))
  local all, own = unpack(call('HMGET', keys.in_flight_counts, host, host .. ' ' .. worker))
  return tonumber(all or 0) < limit and tonumber(own or 0) < share
end

local function is_blocked(host)
  return call('SISMEMBER', keys.blocked_hosts, host) == 1
end

-- Returns the first request of the hosts that may be contacted now, and its queue. The hosts are compared a batch at a
-- time, those first that have been open for longest, so that thousands of them cost no more than a hundred.
local function first_ready(mandatory, limit)
  local best, queue
  local offset = 0
  repeat
    local hosts = call('ZRANGEBYSCORE', keys.ready_hosts, '-inf', text(now), 'LIMIT', offset, BATCH)
    for _, host in ipairs(hosts) do
      local candidate, origin = first_of_host(host, mandatory)
      if not candidate and not first_of_host(host, false) then
        call('ZREM', keys.ready_hosts, host)
        offset = offset - 1
      elseif candidate and (not best or candidate < best) and has_capacity(host, limit) and not is_blocked(host) then
        best, queue = candidate, origin
      end
    end
    offset = offset + #hosts
  until best or #hosts < BATCH
  return best, queue
end

-- Adds a worker; what it had in flight in an earlier session is queued again. Returns the id of the crawl, and the
-- number of other workers.
function commands.join(new_crawl, lease)
  call('HSETNX', keys.marks, 'born', new_crawl)
  expire_workers()
  remove_worker(worker, false)
  local others = call('ZCARD', keys.workers)
  if others == 0 then
    call('HINCRBY', keys.marks, 'run', 1)
    call('HSET', keys.marks, 'made', 0)
    call('DEL', keys.blocked_hosts, keys.host_failures, keys.in_flight_counts, keys.opening_times)
    call('ZUNIONSTORE', keys.ready_hosts, 1, keys.ready_hosts, 'WEIGHTS', 0)
  end
  call('HSET', keys.sessions, worker, session)
  call('ZADD', keys.workers, text(now + lease), worker)
  return { call('HGET', keys.marks, 'born'), others }
end

function commands.leave()
  remove_worker(worker, false)
  call('HDEL', keys.sessions, worker)
end

function commands.heartbeat(lease)
  call('ZADD', keys.workers, text(now + lease), worker)
end

-- A worker reports what it has in flight. What only Redis has as in flight is queued again. Returns what only the
-- worker has: it belongs to another worker by now, or Redis has lost that it was taken.
function commands.reconcile(...)
  local reported, foreign = {}, {}
  for _, key in ipairs({ ... }) do
    reported[key] = true
    if call('SISMEMBER', keys.in_flight_keys .. worker, key) == 0 then
      foreign[#foreign + 1] = key
    end
  end
  for _, key in ipairs(call('SMEMBERS', keys.in_flight_keys .. worker)) do
    local request = not reported[key] and get(key)
    if request and request.by then
      end_flight(key, request)
      enqueue(key, request)
      put(key, request)
    end
  end
  return foreign
end

function commands.pop_damaged_count()
  local count = mark('damaged')
  call('HDEL', keys.marks, 'damaged')
  return count
end

function commands.pending_count()
  return mark('open')
end

function commands.add_sent(count)
  return call('HINCRBY', keys.marks, 'made', count)
end

function commands.add(key, url, host, place, must, data)
  if call('EXISTS', keys.request .. key) == 1 then
    return 0
  end
  local id = call('HINCRBY', keys.marks, 'ids', 1)
  local request = {
    url = url, host = host, place = place, id = id, must = must == '1', data = data, tries = 0, due = 0,
  }
  enqueue(key, request)
  put(key, request)
  call('HINCRBY', keys.marks, 'open', 1)
  return 1
end

-- Returns 1 if the request was not queued already. The next attempt of a request that belongs to another worker by now
-- is left to that worker.
function commands.requeue(key, data, tries, wait)
  local request = get(key)
  if not request then
    return 0
  end
  tries = tonumber(tries)
  local is_foreign = request.state == CLOSED or (request.by and request.by ~= worker)
  if tries > 0 and is_foreign then
    return 0
  end
  local state = request.state
  reopen(key, request)
  request.data, request.due, request.tries = data, tonumber(wait) > 0 and now + wait or 0, tries
  request.run = tonumber(call('HGET', keys.marks, 'run'))
  if tries == 0 then
    request.etag, request.modified, request.must = nil, nil, true
  end
  enqueue(key, request)
  put(key, request)
  return state == QUEUED and 0 or 1
end

local function requeue_closed(key, request)
  reopen(key, request)
  request.due, request.tries = 0, 0
  enqueue(key, request)
  put(key, request)
end

function commands.refresh(key, since)
  local request = get(key)
  if not request or request.state ~= CLOSED or request.checked >= tonumber(since) then
    return 0
  end
  requeue_closed(key, request)
  return 1
end

-- Queues those of some requests that the next round requests again; see `RequestQueue.start_round`.
function commands.start_round(shortest, longest, ...)
  local count = 0
  for _, key in ipairs({ ... }) do
    local request = get(key)
    if request and request.state == CLOSED and not request.must and not request.final then
      local unchanged = request.checked - (request.changed or request.checked)
      local wait = math.min(math.max(unchanged, tonumber(shortest)), tonumber(longest))
      if request.failed or not request.story or request.checked > now + shortest or now - request.checked >= wait then
        requeue_closed(key, request)
        count = count + 1
      end
    end
  end
  return count
end

-- Queues those of some requests whose stories are no longer in the index.
function commands.requeue_lost(...)
  local count = 0
  for _, key in ipairs({ ... }) do
    local request = get(key)
    if request and request.story and request.state == CLOSED then
      if call('EXISTS', keys.story .. request.story) == 0 then
        request.story, request.etag, request.modified = nil, nil, nil
        requeue_closed(key, request)
        count = count + 1
      end
    end
  end
  return count
end

-- Moves the next request from its queue to those in flight. Returns its key and the request; nil if there is none.
local function start_flight(mandatory, limit, delay)
  local key, request
  repeat
    local best, queue = first_ready(mandatory, limit)
    if not best then
      return nil
    end
    key = best:sub(RANK_SIZE + 1)
    request = get(key)
    call('ZREM', queue, best)
  until request
  request.state, request.by = IN_FLIGHT, worker
  local run = tonumber(call('HGET', keys.marks, 'run'))
  if request.run ~= run then
    request.run, request.tries = run, 0
  end
  put(key, request)
  call('SADD', keys.in_flight_keys .. worker, key)
  add_in_flight(request.host, worker, 1)
  close_host_until(request.host, now + delay_of(request.host, delay))
  return key, request
end

-- `number` distinguishes a new call from the repetition of one whose reply was lost.
function commands.take(must, limit, delay, number)
  local last = call('HGET', keys.last_taken, worker)
  local key = last and last:match('^' .. number .. ':(.*)$')
  local request = key and get(key)
  if not key then
    expire_workers()
    promote_due()
    key, request = start_flight(must == '1', limit, delay)
    if key then
      call('HSET', keys.last_taken, worker, number .. ':' .. key)
    end
  end
  if not request then
    return nil
  end
  return { key, request.data, request.tries, request.etag or false, request.modified or false }
end

-- Returns the seconds until there may be a request to take; nil for never. What other workers have in flight may lead
-- to more requests at any time: they are polled for.
function commands.next_due(must, limit, poll)
  local wait
  local function consider(seconds)
    wait = math.min(wait or seconds, math.max(seconds, 0))
  end
  local hosts = call('ZRANGE', keys.ready_hosts, 0, -1, 'WITHSCORES')
  for index = 1, #hosts, 2 do
    local host, opening = hosts[index], tonumber(hosts[index + 1]) - now
    if wait and wait <= opening then
      break
    end
    if not is_blocked(host) and first_of_host(host, must == '1') then
      consider(has_capacity(host, limit) and opening or tonumber(poll))
    end
  end
  local waiting = call('ZRANGE', keys.due, 0, call('EXISTS', keys.blocked_hosts) == 1 and -1 or 0, 'WITHSCORES')
  for index = 1, #waiting, 2 do
    local request = get(waiting[index])
    if request and not is_blocked(request.host) then
      consider(tonumber(waiting[index + 1]) - now)
      break
    end
  end
  for _, name in ipairs(call('ZRANGE', keys.workers, 0, -1)) do
    if name ~= worker and call('EXISTS', keys.in_flight_keys .. name) == 1 then
      consider(tonumber(poll))
    end
  end
  return wait and text(wait)
end

-- Returns a request that this worker has in flight; nil if it belongs to another worker by now.
local function own_flight(key)
  local request = get(key)
  return request and request.state == IN_FLIGHT and request.by == worker and request or nil
end

-- `latency` is the time from the request to its response: it may have been sent some time after it was taken.
function commands.finish(key, reason, failed, final, complete, etag, modified, latency, delay, skipped)
  local request = own_flight(key)
  if not request then
    return 0
  end
  end_flight(key, request)
  request.reason, request.failed, request.final, request.lost = reason, failed == '1', final == '1', nil
  if complete == '1' then
    request.etag, request.modified = etag ~= '' and etag or nil, modified ~= '' and modified or nil
    request.changed = request.changed or now
    request.skipped = skipped ~= '' and skipped or nil
    call(request.skipped and 'SADD' or 'SREM', keys.skipped, key)
  end
  if latency ~= '' then
    close_host_until(request.host, now - latency + delay_of(request.host, delay))
  end
  close(key, request)
  put(key, request)
  return 1
end

-- Ends the flight of a request that was not sent: its host may be contacted at once.
local function cancel_flight(key)
  local request = own_flight(key)
  if not request then
    return nil
  end
  end_flight(key, request)
  call('HSET', keys.opening_times, request.host, text(now))
  call('ZADD', keys.ready_hosts, 'XX', text(now), request.host)
  return request
end

function commands.release(key, reason)
  local request = cancel_flight(key)
  if request then
    request.reason, request.failed, request.final = reason, false, false
    close(key, request)
    put(key, request)
  end
end

function commands.postpone(key, priority, data)
  local request = cancel_flight(key)
  if request then
    request.place, request.data = priority .. request.place:sub(#priority + 1), data
    enqueue(key, request)
    put(key, request)
  end
end

function commands.record_story(key, story, is_new)
  local request = get(key)
  if request and request.by == worker then
    request.story = story
    request.changed = is_new == '1' and now or request.changed
    put(key, request)
  end
end

function commands.pause_host(host, seconds)
  close_host_until(host, now + seconds)
end

-- Returns 1 if the host was not blocked already.
function commands.block_host(host)
  return call('SADD', keys.blocked_hosts, host)
end

function commands.any_blocked()
  return call('EXISTS', keys.blocked_hosts)
end

function commands.host_failures(host)
  local count, until_time = (call('HGET', keys.host_failures, host) or ''):match('(%S+) (%S+)')
  return count and { count, text(until_time - now) }
end

function commands.set_host_failures(host, count, seconds)
  call('HSET', keys.host_failures, host, count .. ' ' .. text(now + seconds))
end

function commands.set_pace(host, delay, concurrency)
  call('HSET', keys.paces, host, delay .. ' ' .. concurrency)
end

local function add_story_key(key, id)
  local owner = call('HGET', keys.story_keys, key)
  if not owner or call('EXISTS', keys.story .. owner) == 0 then -- the owner may be forgotten
    call('HSET', keys.story_keys, key, id)
  end
end

local function add_band(band, id)
  local hash = keys.band .. band:sub(-5)
  local ids = call('HGET', hash, band)
  if not ids then
    call('HSET', hash, band, id)
  elseif not ids:find(id, 1, true) then
    call('HSET', hash, band, ids .. ' ' .. id)
  end
end

-- Stores a story, its keys and bands (the first `key_count` of the rest are keys), and a mark. Returns 0 if another
-- worker holds the write lock now.
function commands.remember(token, id, packed, mark_name, mark_value, key_count, ...)
  if token ~= '' and call('GET', keys.write_lock) ~= token then
    -- It may be done already, and only the reply was lost.
    local is_marked = mark_name == '' or call('HGET', keys.marks, mark_name) == mark_value
    return is_marked and call('GET', keys.story .. id) == packed and 1 or 0
  end
  call('SET', keys.story .. id, packed)
  for index, value in ipairs({ ... }) do
    if index <= tonumber(key_count) then
      add_story_key(value, id)
    else
      add_band(value, id)
    end
  end
  if mark_name ~= '' then
    call('HSET', keys.marks, mark_name, mark_value)
  end
  return 1
end

function commands.release_lock(token)
  if call('GET', keys.write_lock) == token then
    call('DEL', keys.write_lock)
  end
end

if command ~= 'join' and command ~= 'release_lock' then -- these need no crawl that is known
  if call('HGET', keys.marks, 'born') ~= crawl then
    return redis.error_reply('FORGOTTEN')
  end
  if (call('HGET', keys.sessions, worker) or session) ~= session then
    return redis.error_reply('REPLACED')
  end
end
return commands[command](unpack(ARGV, 5))
