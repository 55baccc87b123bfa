// What the run holds, and what one can step through.
const run = JSON.parse(document.getElementById('run').textContent);
const get = id => document.getElementById(id);
const make = (name, properties = {}, ...inside) => {
  const e = Object.assign(document.createElement(name), properties);
  e.append(...inside);
  return e;
};
const seconds = t => (t / 1e9).toFixed(6) + ' s';
for (const fault of run.faults) fault.until = Math.min(fault.until ?? run.over, run.over);
const f = run.finding, orList = list => list.join(' or ') || 'nothing at all';

// ---- the head
document.title = `seed ${run.seed}: ${run.verdict}`;
document.querySelector('h1').append(`Seed ${run.seed}: `, make('b', {className: run.verdict, textContent: run.verdict}),
  run.check ? ` by ${run.check}` : '');
get('reason').textContent = run.reason;
get('replay').textContent = run.replay;
if (f) {
  get('finding').hidden = false;
  get('key').textContent = f.key;
  get('slot').textContent = f.slot;
  get('read').textContent = f.read;
  get('could').textContent = orList(f.could);
}

// ---- messages and their groups
const GROUPS = {
  client: ['request', 'reply'], data: ['Append', 'Appended'], forward: ['Forward', 'Forwarded'],
  agreement: ['ViewAsk', 'ViewIs', 'Prepare', 'Promise', 'Accept', 'AcceptedIs', 'Rejected', 'VoteCountAsk',
    'VoteCountIs', 'Reports', 'ViewHeldAsk', 'ViewHeld'],
  fill: ['TailAsk', 'TailIs', 'FillChunk', 'FillAck', 'DiscardAsk', 'DiscardOk'], lease: ['LeaseAsk', 'Grant'],
  session: ['Hello', 'Welcome', 'Refused'], gossip: ['gossip', 'GossipByStream'],
};
const rankOf = Object.keys(GROUPS), groupOf = {};
for (const [group, names] of Object.entries(GROUPS)) for (const n of names) groupOf[n] = group;
const groupOfKind = run.kinds.map(k => groupOf[k] ?? 'session');
const hidden = new Set(run.kinds.map((_, i) => i).filter(i => ['lease', 'gossip', 'session'].includes(groupOfKind[i])));
const shown = kinds => kinds.some(k => !hidden.has(k));
// A frame has the colour of the most telling message in it that is shown.
const rank = kind => rankOf.indexOf(groupOfKind[kind]);
const groupOfFrame = kinds => rankOf[Math.min(...kinds.filter(k => !hidden.has(k)).map(rank))];

// ---- what one can step through
const items = [];
const RANK = {call: 0, fault: 1, over: 1, life: 2, step: 3, view: 4, return: 5, fail: 6};
run.operations.forEach((o, i) => {
  if (o.lane === null) return;
  items.push({type: 'call', t: o.call, lane: o.lane, i});
  if (o.return !== null) items.push({type: 'return', t: o.return, lane: o.lane, i});
});
run.faults.forEach((x, i) => {
  items.push({type: 'fault', t: x.at, lane: x.lanes[0] ?? -1, i});
  if (x.until > x.at && x.until < run.over) items.push({type: 'over', t: x.until, lane: x.lanes[0] ?? -1, i});
});
run.lives.forEach(([t, lane], i) => items.push({type: 'life', t, lane, i}));
run.steps.forEach(([t, lane], i) => items.push({type: 'step', t, lane, i}));
run.views.forEach((v, i) => v.installs.forEach(([t, lane]) => items.push({type: 'view', t, lane, i})));
const failed = ['violated', 'liveness', 'internal'].includes(run.verdict);
if (failed && !f) {
  const last = run.steps.at(-1), named = /node-(\d+)/.exec(run.reason);
  const lane = named ? named[1] - 1 : last && last[0] === run.over ? last[1] : -1;
  items.push({type: 'fail', t: run.over, lane, i: 0});
}
items.forEach((x, n) => x.order = n);
items.sort((a, b) => a.t - b.t || RANK[a.type] - RANK[b.type] || a.order - b.order);
const itemOfStep = [], itemOfCall = [], itemOfReturn = [];
items.forEach((x, n) => {
  if (x.type === 'step') itemOfStep[x.i] = n;
  if (x.type === 'call') itemOfCall[x.i] = n;
  if (x.type === 'return') itemOfReturn[x.i] = n;
});
const failing = items.findIndex(x => x.type === 'fail' || (x.type === 'return' && run.operations[x.i].illegal));
const arrowsOfStep = run.steps.map(() => []);
run.arrows.forEach((a, i) => { for (const s of [a[5], a[6]]) if (s !== null) arrowsOfStep[s].push(i); });

let onlyKey = false, keyNow = f ? f.key : '', slotNow = f ? f.slot : +(/slot (\d+)/.exec(run.reason)?.[1] ?? 0);
const escaped = text => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
let names = null;
const told = i => [run.steps[i][2], ...run.steps[i][3]];
function steppable(x) {
  if (x.type === 'step') {
    const kinds = run.steps[x.i][4];
    if (kinds.length && !shown(kinds)) return false;
    return !onlyKey || told(x.i).some(line => names.test(line));
  }
  return !onlyKey || (x.type !== 'call' && x.type !== 'return') || run.operations[x.i].key === keyNow;
}
