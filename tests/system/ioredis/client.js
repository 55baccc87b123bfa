// ioredis' Cluster, told by lines on standard input and answering each with one line:
//   set FIRST LAST     SET io-I value-I for FIRST ≤ I < LAST, each until it is acknowledged   "set COUNT, again TRIES"
//   get FIRST LAST     "wrong COUNT", of those that do not hold their value
// Commands go out as many at a time as one connection pool takes: the client's own pipelines.
'use strict';

const readline = require('readline');
const {Cluster} = require('ioredis');

const AT_ONCE = 50;
const key = (i) => `io-${i}`;
const value = (i) => `value-${i}`;
let again = 0;

const cluster = new Cluster([{host: '127.0.0.1', port: Number(process.argv[2])}], {
  redisOptions: {commandTimeout: 6000, connectTimeout: 2000},
  clusterRetryStrategy: () => 50,
  slotsRefreshInterval: 1000,
});
cluster.on('error', () => {}); // told by the command that fails

async function set(i) {
  for (;;) {
    try {
      await cluster.set(key(i), value(i));
      return;
    } catch (error) { // unknown, or nobody there: SET again
      again += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function each(first, last, act) {
  let next = first;
  await Promise.all(Array.from({length: AT_ONCE}, async () => {
    while (next < last) await act(next++);
  }));
}

async function obey(line) {
  const [word, first, last] = line.split(' ');
  if (word === 'set') {
    await each(Number(first), Number(last), set);
    return `set ${last - first}, again ${again}`;
  }
  let wrong = 0;
  await each(Number(first), Number(last), async (i) => {
    if (await cluster.get(key(i)) !== value(i)) wrong += 1;
  });
  return `wrong ${wrong}`;
}

(async () => {
  for await (const line of readline.createInterface({input: process.stdin})) console.log(await obey(line));
  cluster.disconnect();
  process.exit(0); // it may be dialling a member just now, and would go on
})();
