'use strict';
const get = id => document.getElementById(id);
const make = (tag, set = {}, ...inside) => {
  const element = Object.assign(document.createElement(tag), set);
  element.append(...inside);
  return element;
};
const color = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name);
const whole = new Intl.NumberFormat('en').format;
const bytes = n => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  for (; n >= 1024 && unit < units.length - 1; ++unit) n /= 1024;
  return `${unit === 0 ? n : n.toFixed(n < 10 ? 1 : 0)} ${units[unit]}`;
};
const percent = part => `${(100 * part).toFixed(part < 0.995 && part > 0 ? 1 : 0)} %`;

// ---- Members have colors for life: the ring's neighbours must be told apart.
const hues = [210, 28, 150, 330, 265, 95, 185, 5];
const hueOf = id => id <= hues.length ? hues[id - 1] : (id * 137.508) % 360;
const paint = id => `hsl(${hueOf(id)} 55% 52%)`;
const idOf = name => Number(name.replace('node-', ''));

// ---- Events: what the cluster tells (server-sent, where it does), and what changes from one look to the next.
let streamed = false;
function tell(text, at = new Date()) {
  const list = get('events');
  if (list.firstChild?.dataset?.empty) list.replaceChildren();
  const time = make('time', {textContent: at.toLocaleTimeString('en-GB')});
  const row = make('li', {}, time, make('span', {textContent: text}));
  list.prepend(row);
  while (list.children.length > 100) list.lastChild.remove();
  return row;
}
// Views that follow upon each other have one row: what happened to members must not drown in the hundreds of a change.
let views = {};
function tellView(epoch, moving) {
  if (views.row !== get('events').firstChild) views = {row: tell(''), first: epoch};
  const which = epoch > views.first ? `views ${views.first} to ${epoch} are installed` : `view ${epoch} is installed`;
  const text = moving > 0 ? `${which}, ${whole(moving)} slots are on their way` : which;
  views.row.lastChild.textContent = text;
}
const sentences = {
  'member-joined': e => `${e.member} has joined`,
  'member-returned': e => `${e.member} has returned`,
  'member-leaving': e => `${e.member} is leaving`,
  'member-stopped': e => `${e.member} has stopped`,
  'member-left': e => `${e.member} has left for good`,
  'member-suspected': e => `${e.member} is suspected`,
  'member-down': e => `${e.member} is down`,
  'member-up': e => `${e.member} is up`,
  'slot-lost': e => `${whole(e.lost)} slots have no living copy`,
  'slot-back': e => `${whole(e.slots)} slots are back`,
  'replicas-differ': e => `slot ${e.slot} differs between ${e.primary} and ${e.node}`,
};
function listen() {
  const source = new EventSource('/api/events');
  source.onopen = () => streamed = true;
  source.onerror = () => streamed = source.readyState !== EventSource.CLOSED && streamed;
  source.addEventListener('view-installed', event => {
    const view = JSON.parse(event.data);
    tellView(view.epoch, view.slots_moving);
  });
  for (const [type, say] of Object.entries(sentences))
    source.addEventListener(type, event => tell(say(JSON.parse(event.data))));
}
const seemings = {alive: 'is up', suspect: 'is suspected', dead: 'is down', left: 'has stopped'};
function tellChanges(before, now) {
  const known = new Map(before.members.map(m => [m.node_id, m]));
  for (const m of now.members) {
    const was = known.get(m.node_id);
    if (!was) tell(`${m.node_id} joins`);
    else if (was.status !== m.status) tell(`${m.node_id} ${seemings[m.status]}`);
    else if (was.generation !== m.generation) tell(`${m.node_id} is a new process`);
    if (was && was.state !== m.state) tell(`${m.node_id} is ${m.state} in the view`);
    known.delete(m.node_id);
  }
  for (const name of known.keys()) tell(`${name} is gone from the view`);
  if (before.view?.epoch !== now.view?.epoch) tellView(now.view.epoch, now.slots_moving);
  if (before.transfers.length === 0 && now.transfers.length > 0) tell('slots begin to move');
  if (before.transfers.length > 0 && now.transfers.length === 0) tell('all slots have arrived');
}

// ---- Pictures
function sharp(canvas) {
  const ratio = devicePixelRatio || 1, box = canvas.getBoundingClientRect();
  canvas.width = Math.round(box.width * ratio);
  canvas.height = Math.round(box.height * ratio);
  const pen = canvas.getContext('2d');
  pen.scale(ratio, ratio);
  return {pen, width: box.width, height: box.height};
}
const samples = [];
const samplesMax = 120;
function drawChart() {
  const {pen, width, height} = sharp(get('chart'));
  const most = Math.max(1, ...samples);
  pen.fillStyle = color('line');
  pen.fillRect(0, height - 1, width, 1);
  const x = i => width - (samples.length - 1 - i) * width / (samplesMax - 1);
  const y = v => height - 2 - v / most * (height - 6);
  pen.beginPath();
  samples.forEach((v, i) => pen.lineTo(x(i), y(v)));
  pen.strokeStyle = color('chart');
  pen.lineWidth = 1.6;
  pen.lineJoin = 'round';
  pen.stroke();
  pen.lineTo(width, height);
  pen.lineTo(x(0), height);
  pen.globalAlpha = 0.14;
  pen.fillStyle = color('chart');
  pen.fill();
}
function drawRing(cluster) {
  const {pen, width} = sharp(get('ring'));
  const middle = width / 2, slots = cluster.view?.slots ?? 0;
  const gone = cluster.members.filter(m => m.status === 'dead' || m.status === 'left');
  const dead = new Set(gone.map(m => idOf(m.node_id)));
  const arc = (from, count, outer, inner, id) => {
    const begin = from / slots * 2 * Math.PI - Math.PI / 2, end = (from + count) / slots * 2 * Math.PI - Math.PI / 2;
    pen.beginPath();
    pen.arc(middle, middle, outer, begin, end + 0.002);
    pen.arc(middle, middle, inner, end + 0.002, begin, true);
    pen.fillStyle = id === undefined || dead.has(id) ? color('gap') : paint(id);
    pen.fill();
  };
  let at = 0;
  for (const [count, holders] of cluster.ring) {
    arc(at, count, middle - 2, middle * 0.78, holders[0]);
    for (let copy = 1; copy < Math.max(2, cluster.view.replication_factor); ++copy)
      arc(at, count, middle * (0.88 - 0.13 * copy), middle * (0.79 - 0.13 * copy), holders[copy]);
    at += count;
  }
  pen.fillStyle = color('ink');
  pen.textAlign = 'center';
  pen.font = `650 ${Math.round(width / 11)}px system-ui, sans-serif`;
  pen.fillText(cluster.view ? `view ${cluster.view.epoch}` : 'no view', middle, middle + width / 40);
  pen.fillStyle = color('soft');
  pen.font = `${Math.round(width / 24)}px system-ui, sans-serif`;
  pen.fillText(`${whole(slots)} slots`, middle, middle + width / 11);
}

// ---- Words
function showMembers(cluster) {
  const slots = cluster.view?.slots || 1;
  get('members').replaceChildren(...cluster.members.map(m => {
    const id = idOf(m.node_id), name = make('td', {className: 'name'}), share = make('div', {className: 'share'});
    name.append(make('span', {className: 'swatch', style: `background:${paint(id)}`}));
    name.append(m.self ? `${m.node_id} (here)` :
      make('a', {href: `http://${m.metadata.host}:${m.metadata.http_port}/`, textContent: m.node_id}));
    for (const part of [m.slots.primary, m.slots.replica])
      share.append(make('i', {style: `width:${50 * part / slots}%;background:${paint(id)}`}));
    const seems = make('span', {className: `status ${m.status}`, textContent: m.status === 'dead' ? 'down' : m.status});
    const coming = m.slots.learning ? `, ${whole(m.slots.learning)} slots to come` : '';
    const state = m.state + (m.voter ? ', votes' : '') + coming;
    const row = make('tr', {}, name, make('td', {}, seems),
      make('td', {className: 'roomy soft', textContent: m.address}),
      make('td', {className: 'roomy soft', textContent: state}),
      make('td', {className: 'right', textContent: whole(m.slots.primary)}),
      make('td', {className: 'right', textContent: whole(m.slots.replica)}), make('td', {className: 'roomy'}, share));
    row.dataset.member = m.node_id;
    return row;
  }));
}
function showTransfers(cluster) {
  const rows = cluster.transfers.map(t => {
    const bar = make('div', {className: 'bar'}, make('i', {style: `width:${100 * t.progress}%`}));
    const left = t.seconds_left ? `, ${whole(t.seconds_left)} s left` : '';
    const more = t.bytes_total ? `, ${bytes(t.bytes_done)} of ${bytes(t.bytes_total)}${left}` : '';
    return make('div', {}, `${t.from} → ${t.to}`, bar, make('div', {className: 'note',
      textContent: `${whole(t.slots)} slots to go${more}; ${t.to} has ${percent(t.progress)} of its share`}));
  });
  const owed = cluster.replication.filter(r => r.entries > 0).map(r => make('div', {className: 'note',
    textContent: `${r.to} has to acknowledge ${whole(r.entries)} entries, ${bytes(r.bytes)}`}));
  get('transfers').replaceChildren(...rows.length + owed.length ? [...rows, ...owed] :
    [make('div', {className: 'soft', textContent: 'Every slot is where it should be.'})]);
}
function showVerdict(cluster) {
  const down = cluster.members.filter(m => m.status === 'dead').map(m => m.node_id);
  const doubted = cluster.members.filter(m => m.status === 'suspect').map(m => m.node_id);
  const pill = get('verdict');
  const [kind, text] = !cluster.healthy ? ['bad', 'cannot serve'] :
    down.length ? ['warn', `${down.join(', ')} down`] :
    doubted.length ? ['warn', `${doubted.join(', ')} suspected`] :
    cluster.slots_short ? ['warn', 'copies are being made'] : ['good', 'healthy'];
  pill.className = `pill ${kind}`;
  pill.textContent = text;
  const short = cluster.slots_short ? `, ${whole(cluster.slots_short)} slots with too few copies` : '';
  get('about').textContent = `${cluster.members_active} of ${cluster.members.length} members active${short}`;
  get('title').textContent = cluster.view?.cluster ?? 'HyperCache';
  document.title = `${text} · ${cluster.node}`;
}
function showStats(stats) {
  get('ops').textContent = whole(stats.operations.per_second);
  get('here').textContent = stats.node;
  samples.push(stats.operations.per_second);
  if (samples.length > samplesMax) samples.shift();
  drawChart();
  const m = stats.memory;
  get('memory').textContent = bytes(m.resident);
  get('pressure').style.width = `${Math.min(100, 100 * m.pressure)}%`;
  get('pressure').style.background = m.pressure > 0.9 ? color('warn') : '';
  get('limit').textContent = m.limit ? `${percent(m.pressure)} of ${bytes(m.limit)}, ${m.policy}` :
    `${bytes(m.data)} of data, no limit`;
  get('keys').textContent = whole(stats.items.keys);
  get('lookups').textContent = `${percent(stats.operations.hit_rate)} of look-ups hit`;
  get('gone').textContent = `${whole(stats.items.expired)} expired, ${whole(stats.items.evicted)} evicted`;
  const c = stats.connections;
  get('connections').textContent = whole(c.resp + c.http);
  get('traffic').textContent = `${bytes(c.bytes_in)} in, ${bytes(c.bytes_out)} out`;
  const lag = stats.replication.lag_entries;
  get('lag').textContent = lag ? `replicas lack ${whole(lag)} entries` : 'replicas lack nothing';
}

let last = null, failing = null;
async function ask(path) {
  const answer = await fetch(path, {cache: 'no-store', signal: AbortSignal.timeout(3000)});
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}
async function look() {
  try {
    const [cluster, stats] = await Promise.all([ask('/api/cluster'), ask('/api/stats')]);
    if (last && !streamed) tellChanges(last, cluster);
    if (failing) tell(`${cluster.node} answers again`);
    last = cluster;
    failing = null;
    showVerdict(cluster);
    showMembers(cluster);
    drawRing(cluster);
    showTransfers(cluster);
    showStats(stats);
  } catch (error) {
    failing ??= new Date();
    get('verdict').className = 'pill bad';
    get('verdict').textContent = 'no answer';
  }
  get('alarm').hidden = !failing;
  if (failing) {
    const since = failing.toLocaleTimeString('en-GB');
    get('alarm').textContent = `${last?.node ?? location.host} does not answer since ${since}; what is shown is older.`;
  }
  setTimeout(look, 1000);
}
get('events').append(make('li', {className: 'soft', textContent: 'Nothing has happened since this page was opened.'}));
get('events').firstChild.dataset.empty = 'yes';
addEventListener('resize', () => last && (drawRing(last), drawChart()));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => last && (drawRing(last), drawChart()));
listen();
look();
