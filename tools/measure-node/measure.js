'use strict'
// What an entry of each kind of store weighs on this Node.js, as YAML for simulator:
//
//   npm install && node measure.js > measured.yaml
//
// Each figure comes from processes of its own: the heap after a forced collection, full minus empty, by the number of
// entries, median. What is stored is in stores.js; change it to your own classes.

const { spawnSync } = require('node:child_process')
const { stores } = require('./stores.js')

const FLAGS = ['--expose-gc', '--no-opt', '--no-sparkplug', '--no-flush-bytecode']
const DEFAULTS = { entries: 10000, text: 100, translation: 200, audio: 5, 'two-byte': 60, processes: 3 }
const HELP = `node measure.js [--entries 10000] [--text 100] [--translation 200] [--audio 5] [--two-byte 60] [--processes 3] [--json]

  --entries      entries of each store (fewer where they hold audio); a Map's share of an entry depends on it
  --text         characters of a text       --translation  characters of its translation
  --audio        seconds of audio of a job  --two-byte     percent of texts in a two-byte script, such as Chinese
  --processes    processes for each figure, of which the median is taken
  --json         figures as JSON instead of YAML`

function options (words) {
  const chosen = { ...DEFAULTS, json: false }
  for (let i = 0; i < words.length; i++) {
    const name = words[i].replace(/^--/, '')
    if (name === 'help' || words[i] === '-h') stop(HELP, 0)
    if (name === 'json') {
      chosen.json = true
      continue
    }
    if (!words[i].startsWith('--') || !(name in DEFAULTS)) stop(`measure.js: unknown option ${words[i]}\n\n${HELP}`, 2)
    const value = Number(words[++i])
    const least = name === 'two-byte' ? 0 : 1
    if (!(value >= least && value < 1e8)) stop(`measure.js: --${name} takes a number from ${least} up, not ${words[i]}`, 2)
    chosen[name] = value
  }
  return chosen
}

function stop (message, code) {
  (code ? process.stderr : process.stdout).write(message + '\n')
  process.exit(code)
}

function cacheClass () {
  try {
    return require('lru-cache').LRUCache
  } catch {
    return null
  }
}

// In a process of its own: weigh one store.
async function weigh (name, chosen) {
  const store = stores[name]
  const LRUCache = cacheClass()
  const n = Math.max(10, Math.round(chosen.entries * (store.share || 1)))
  // Once before, so that code and shapes are there; then until the heap keeps still.
  store.fill(store.share < 1 ? 20 : 400, chosen, LRUCache)
  const before = await settled()
  const held = store.fill(n, chosen, LRUCache)
  const after = await settled()
  const [heap, external] = [0, 1].map((i) => (after[i] - before[i]) / n)
  process.stdout.write(JSON.stringify({ heap, external, n }))
  return held
}

async function settled () {
  let last = null
  for (let i = 0; i < 30; i++) {
    await new Promise((resolve) => setImmediate(resolve)) // so that nothing waits for the event loop
    globalThis.gc()
    const { heapUsed, external } = process.memoryUsage()
    const still = last && Math.abs(heapUsed - last[0]) < 500 && Math.abs(external - last[1]) < 500
    last = [heapUsed, external]
    if (still && i > 3) break
  }
  return last
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]

function measure (name, chosen, twoByte) {
  const runs = []
  for (let i = 0; i < chosen.processes; i++) {
    const child = JSON.stringify({ ...chosen, twoByte })
    const done = spawnSync(process.execPath, [...FLAGS, __filename, '--weigh', name, child], { encoding: 'utf8' })
    if (done.status !== 0) stop(`measure.js: ${name} could not be weighed\n${done.stderr}`, 1)
    runs.push(JSON.parse(done.stdout))
  }
  return {
    store: name,
    two_byte: twoByte,
    entries: runs[0].n,
    heap: Math.round(median(runs.map((run) => run.heap)) * 10) / 10,
    external: Math.round(median(runs.map((run) => run.external)) * 10) / 10
  }
}

function all (chosen) {
  const figures = []
  for (const [name, store] of Object.entries(stores)) {
    if (store.kind === 'lru_cache' && !cacheClass()) continue
    if (process.stderr.isTTY) process.stderr.write(`weighing ${name} …\n`)
    for (const twoByte of store.scripts ? [false, true] : [false]) figures.push(measure(name, chosen, twoByte))
  }
  return figures
}

function yaml (figures, chosen) {
  const compressed = process.config.variables.v8_enable_pointer_compression === 1
  const lines = [
    `# Bytes of an entry, measured on Node ${process.version} (V8 ${process.versions.v8}): heap after a forced collection,`,
    `# ${chosen.processes === 1 ? 'one process' : `median of ${chosen.processes} processes`}, ${chosen['two-byte']} % of the texts two-byte. For \`footprint: document\`.`,
    '# The stores have the names of the shipped configs: put this file last in an `extends:`.',
    'nodes:',
    `  pointer_size: ${compressed ? 4 : 8}`,
    '  stores:'
  ]
  for (const [name, store] of Object.entries(stores)) {
    const [one, two] = figures.filter((figure) => figure.store === name)
    if (!one) {
      lines.push(`    # ${name}: not measured, lru-cache is not installed (npm install)`)
      continue
    }
    const said = two ? `${bytes(one)} one-byte, ${bytes(two)} two-byte` : bytes(one)
    lines.push(`    # ${store.config ? '' : 'not set: '}${store.what(chosen)}: ${said}`)
    if (!store.config) continue
    const share = two ? chosen['two-byte'] / 100 : 0
    const keys = [`kind: ${store.kind}`, `entry: ${Math.round(total(one) * (1 - share) + (two ? total(two) * share : 0))}B`]
    if (store.kind === 'lru_cache') keys.push(`instance: ${Math.round(total(figures.find((figure) => figure.store === 'lru_cache_instance')))}B`)
    for (const [key, value] of Object.entries(store.more || {})) keys.push(`${key}: ${value}`)
    lines.push(`    ${store.config}: {${keys.join(', ')}}`)
  }
  return lines.join('\n')
}

const total = (figure) => figure.heap + figure.external
const bytes = (figure) => `${Math.round(figure.heap)} B` + (figure.external >= 1 ? ` and ${Math.round(figure.external)} B outside the heap` : '')

if (process.argv[2] === '--weigh') {
  weigh(process.argv[3], JSON.parse(process.argv[4]))
} else {
  const chosen = options(process.argv.slice(2))
  const figures = all(chosen)
  process.stdout.write((chosen.json ? JSON.stringify({ node: process.version, v8: process.versions.v8, figures }, null, 1) : yaml(figures, chosen)) + '\n')
}
