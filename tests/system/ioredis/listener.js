// ioredis, listening: node listener.js PORT CHANNEL PATTERN. "listens" when both are subscribed to, then one line of
// JSON for each message.
'use strict';

const Redis = require('ioredis');

const [port, channel, pattern] = process.argv.slice(2);
const client = new Redis(Number(port), '127.0.0.1');
const say = (...words) => console.log(JSON.stringify(words));

client.on('message', (on, text) => say('message', on, text));
client.on('pmessage', (by, on, text) => say('pmessage', by, on, text));
client.subscribe(channel).then(() => client.psubscribe(pattern)).then(() => console.log('listens'));
