// A probe: paste this into a Node.js service (or require it) and call it once, where the stores are in reach.
//
//   startProbe({
//     aggregator_states: manager.states,                          // a Map, a Set, an array: its size
//     translation_cache: () => cache.size,                        // or a function
//     audio_ring_buffers: () => ({ entries: rings.size, chunks: countChunks(rings) })
//   }, { everyMs: 10000, file: 'probe.jsonl' })
//
// Every ten seconds it writes one line of JSON: the stores' sizes and process.memoryUsage(). Call the stores as your config
// does, and hold the file against the model:
//
//   simulator replay CONFIG TRACE --every 1s --against probe.jsonl
//
// Options: everyMs; file, to append to, or write, a function that gets each line (default: stdout); live: true to collect
// garbage before each line and note the live heap beside it (needs node --expose-gc, and stops the service for as long).
// It returns a function that stops it. A probe never throws, never keeps the process alive, and needs no package.
function startProbe (stores, options) {
  const { everyMs = 10000, file = null, live = false } = options || {}
  const write = (options && options.write) || ((line) => {
    if (file) require('fs').appendFileSync(file, line + '\n')
    else process.stdout.write(line + '\n')
  })

  const sizeOf = (store) => {
    const seen = typeof store === 'function' ? store() : store
    if (typeof seen === 'number') return seen
    if (seen && typeof seen.size === 'number') return seen.size // Map, Set, lru-cache
    if (Array.isArray(seen)) return seen.length
    return seen && typeof seen === 'object' ? seen : null
  }
  const liveHeap = () => {
    if (!live || typeof globalThis.gc !== 'function') return null
    globalThis.gc()
    return process.memoryUsage().heapUsed
  }

  const before = liveHeap() // of the service without what its stores are going to hold
  const look = () => {
    try {
      const sizes = {}
      for (const name of Object.keys(stores)) {
        try {
          const size = sizeOf(stores[name])
          if (size !== null) sizes[name] = size
        } catch { /* a store that cannot be asked now is left out of this line */ }
      }
      const held = liveHeap()
      const line = {
        at: Date.now(),
        uptime_ms: Math.round(process.uptime() * 1000),
        pid: process.pid,
        stores: sizes,
        memory: process.memoryUsage()
      }
      if (held !== null) line.live_bytes = Math.max(0, held - before)
      write(JSON.stringify(line))
    } catch { /* a full disk is no reason to stop a service */ }
  }

  look()
  const timer = setInterval(look, everyMs)
  if (timer.unref) timer.unref()
  return () => clearInterval(timer)
}

if (typeof module !== 'undefined') module.exports = { startProbe }
