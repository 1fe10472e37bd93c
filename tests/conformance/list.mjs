// Prints what the edition in the folder given holds: suites, and of each test what judging needs.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const load = async path => (await import(pathToFileURL(path))).default
const tests = join(resolve(process.argv[2]), 'tests')
const suites = await load(join(tests, 'index.mjs'))

// Up to 0.4.5 the command line client adds this suite by itself.
const added = join(tests, 'surrogate-control.mjs')
if (existsSync(added)) {
  const suite = await load(added)
  if (!suites.some(({ id }) => id === suite.id)) suites.push(suite)
}

console.log(JSON.stringify(suites.map(suite => ({
  id: suite.id,
  name: suite.name,
  tests: suite.tests.filter(test => !test.browser_only).map(test => ({
    id: test.id,
    kind: test.kind ?? 'required',
    needs: test.depends_on ?? []
  }))
}))))
