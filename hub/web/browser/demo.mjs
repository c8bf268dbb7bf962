// The whole program, started as a newcomer starts it, with its own empty data
// directory, and ended as a newcomer ends it.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const startSeconds = 60
const endSeconds = 30

/**
 * Starts `mashhub demo` and waits until everything runs.
 * @returns {Promise<{hub: string, nodes: Object<string, string>, origins: Set<string>, stop: () => Promise<Ended>}>}
 *   addresses by agency; stop interrupts it and tells how it ended.
 * @typedef {{code: number|null, signal: string|null, left: number[]}} Ended
 *   left: processes of the demo, grandchildren included, that outlived it.
 */
export async function startDemo ({ scenario = 1 } = {}) {
  const program = process.env.MASHHUB
  if (!program) throw new Error('MASHHUB is not set: it names the built program, e.g. MASHHUB=/tmp/mashhub npm test')
  const dir = await mkdtemp(join(tmpdir(), 'mashhub-browser-'))
  const child = spawn(program, ['demo', '--scenario', String(scenario), '--data', join(dir, 'data')], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => { said += text })
  // Whoever ends the tests ends the demo too.
  const follow = () => child.kill('SIGINT')
  process.on('exit', follow)
  const exit = new Promise(resolve => child.once('exit', (code, signal) => resolve({ code, signal })))

  const stop = async () => {
    const family = descendants(child.pid)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT')
    let ended = await within(endSeconds, exit)
    if (!ended) {
      child.kill('SIGKILL')
      ended = { ...await exit, signal: `killed: it had not ended ${endSeconds} s after SIGINT` }
    }
    process.off('exit', follow)
    // A process that has just been told to go may need a moment to be gone.
    const deadline = Date.now() + 3000
    let left = alive(family)
    while (left.length > 0 && Date.now() < deadline) {
      await pause(50)
      left = alive(family)
    }
    await rm(dir, { recursive: true, force: true })
    return { ...ended, left }
  }

  const ready = await within(startSeconds, Promise.race([exit, (async () => {
    while (!said.includes('Stop with Ctrl-C')) await pause(50)
    return 'ready'
  })()]))
  if (ready !== 'ready') {
    await stop()
    throw new Error(`the demo did not start within ${startSeconds} s:\n${said}`)
  }
  const nodes = {}
  let hub = ''
  for (const [, name, address] of said.slice(said.indexOf('Everything runs')).matchAll(/^ {2}(\S.*?) {2,}(http:\S+)$/gm)) {
    if (name === 'The hub') hub = address
    else nodes[name] = address
  }
  if (!hub || Object.keys(nodes).length === 0) {
    await stop()
    throw new Error(`the demo did not say where its pages are:\n${said}`)
  }
  return { hub, nodes, origins: new Set([hub, ...Object.values(nodes)].map(a => new URL(a).origin)), stop }
}

/** Every running process below one, as pid and start, so that a number used again is not mistaken. */
function descendants (root) {
  const all = processes()
  const out = []
  for (let parents = [root]; parents.length > 0;) {
    const children = all.filter(p => parents.includes(p.parent))
    out.push(...children)
    parents = children.map(p => p.pid)
  }
  return out
}

function alive (family) {
  if (family.length === 0) return []
  const now = new Set(processes().map(p => `${p.pid} ${p.started}`))
  return family.filter(p => now.has(`${p.pid} ${p.started}`)).map(p => p.pid)
}

function processes () {
  const text = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,lstart='], { encoding: 'utf8' })
  return text.split('\n').map(line => line.trim().split(/\s+/)).filter(f => f.length > 4 && !f[2].startsWith('Z'))
    .map(([pid, parent, , ...started]) => ({ pid: Number(pid), parent: Number(parent), started: started.join(' ') }))
}

function within (seconds, promise) {
  let timer
  return Promise.race([promise, new Promise(resolve => { timer = setTimeout(resolve, seconds * 1000, null) })]).finally(() => clearTimeout(timer))
}

const pause = ms => new Promise(resolve => setTimeout(resolve, ms))
