// Builds ../static from src: npm ci && npm run build.
// With --check nothing is written; it exits 1 when ../static is not what the
// sources give, so that a forgotten build cannot be committed.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, extname, basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'
import { compile } from 'sass'

const here = dirname(fileURLToPath(import.meta.url))
const out = join(here, '..', 'static')
const vendor = join(here, 'node_modules', 'govuk-frontend')
const version = JSON.parse(readFileSync(join(vendor, 'package.json'), 'utf8')).version
const banner = `/*! Contains govuk-frontend ${version}, MIT licence: see licence.txt beside this file. */\n`

const css = compile(join(here, 'src', 'app.scss'), {
  loadPaths: [join(here, 'node_modules')],
  style: 'compressed',
  sourceMap: false,
  quietDeps: true,
  alertColor: false
}).css

const minified = await transform(css, { loader: 'css', minify: true, legalComments: 'none' })

const bundle = await build({
  entryPoints: [join(here, 'src', 'app.mjs')],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2020',
  legalComments: 'none',
  write: false
})

const sources = {
  'app.css': banner + minified.code,
  'app.js': banner + bundle.outputFiles[0].text,
  'favicon.svg': readFileSync(join(here, 'src', 'favicon.svg'), 'utf8')
}

const files = { 'licence.txt': readFileSync(join(here, 'src', 'licence.txt'), 'utf8') }
const manifest = {}
for (const [name, content] of Object.entries(sources)) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16)
  const hashed = `${basename(name, extname(name))}-${hash}${extname(name)}`
  files[hashed] = content
  manifest[name] = hashed
}
files['manifest.json'] = JSON.stringify(manifest, null, 2) + '\n'

if (process.argv.includes('--check')) {
  const held = new Set(readdirSync(out))
  const stale = Object.entries(files).filter(([name, content]) =>
    !held.has(name) || readFileSync(join(out, name), 'utf8') !== content)
  const extra = [...held].filter(name => !(name in files))
  if (stale.length || extra.length) {
    console.error('static is not what the sources give; run: npm ci && npm run build')
    console.error('stale:', stale.map(([name]) => name).join(' '), 'extra:', extra.join(' '))
    process.exit(1)
  }
} else {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(out, name), content)
}
