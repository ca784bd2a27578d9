// Reads airports with postgrest-js, unchanged, and prints what came as JSON: a name of a query → its answer.
// Environment: CLIENTS (folder with node_modules), URL (of the product), TOKEN, STRANGER (a token without a grant).
import { createRequire } from 'node:module'

const { CLIENTS, URL, TOKEN, STRANGER } = process.env
const { PostgrestClient } = createRequire(`${CLIENTS}/`)('@supabase/postgrest-js')
const client = (token, options = {}) => new PostgrestClient(URL, { headers: { Authorization: `Bearer ${token}` }, ...options })
const airports = () => client(TOKEN).from('airports')

const aborted = new AbortController()
aborted.abort()

const queries = {
  eq: () => airports().select('faa,name').eq('faa', 'JFK'),
  in: () => airports().select('faa').in('faa', ['LGA', 'JFK', 'a"b,c']).order('faa'),
  or: () => airports().select('faa').or('faa.eq.JFK,and(alt.gt.9000,tz.eq.-7)').order('faa'),
  not: () => airports().select('faa').not('tz', 'in', '(-5,-6,-7,-8,-9,-10)').order('faa').limit(3),
  compare: () => airports().select('faa,alt').gte('alt', 9000).lt('alt', 9078).neq('faa', 'x'),
  like: () => airports().select('name').like('name', '%Intl').ilike('name', 'john*').order('name'),
  is: () => airports().select('faa').is('tzone', null).order('faa').limit(2),
  match: () => airports().select('faa').match({ tz: -5, dst: 'A' }).order('faa').limit(2),
  filter: () => airports().select('faa').filter('alt', 'eq', 13),
  rename: () => airports().select('code:faa,height:alt::text').eq('faa', 'JFK'),
  order: () => airports().select('faa').order('tzone', { nullsFirst: true }).order('alt', { ascending: false }).limit(3),
  range: () => airports().select('faa', { count: 'exact' }).order('faa').range(10, 12),
  limit: () => airports().select('faa').order('faa').limit(2),
  behind: () => airports().select('faa', { count: 'exact' }).range(5000, 5001),
  head: () => airports().select('*', { count: 'exact', head: true }).eq('tz', -8),
  single: () => airports().select('faa,alt').eq('faa', 'JFK').single(),
  'single of many': () => airports().select('faa').eq('tz', -5).single(),
  'maybe single': () => airports().select('faa').eq('faa', 'JFK').maybeSingle(),
  'maybe single of none': () => airports().select('faa').eq('faa', 'none').maybeSingle(),
  'maybe single of many': () => airports().select('faa').eq('tz', -5).maybeSingle(),
  csv: () => airports().select('faa,name').in('faa', ['JFK', 'LGA']).order('faa').csv(),
  'unknown column': () => airports().select('faa').eq('nothing', 1),
  'wrong value': () => airports().select('faa').eq('alt', 'high'),
  'unknown operator': () => airports().select('faa').textSearch('name', 'fat'),
  'no table': () => client(TOKEN).from('nothing').select(),
  'no grant': () => client(STRANGER).from('airports').select(),
  'wrong token': () => client('wrong').from('airports').select(),
  'other schema': () => client(TOKEN, { schema: 'private' }).from('airports').select(),
  schema: () => client(TOKEN, { schema: 'public' }).from('airports').select('faa').eq('faa', 'JFK'),
  aborted: () => airports().select().abortSignal(aborted.signal),
}
const answers = {}
for (const [name, query] of Object.entries(queries)) answers[name] = await query()
try {
  await airports().select('nothing').throwOnError()
} catch (error) {
  answers.thrown = { name: error.name, code: error.code }
}
console.log(JSON.stringify(answers))
