// The picture: lanes along time, drawn on a canvas; the whole run above it.
// ---- the picture
const lanes = get('lanes'), whole = get('whole'), LEFT = 84, AXIS = 24, NET = 30;
let from = run.from, until = Math.max(run.until, run.from + 1), chosen = -1, ink = {}, width = 0, height = 0;
const x = t => LEFT + (t - from) / (until - from) * (width - LEFT - 8);
const timeAt = px => from + (px - LEFT) / (width - LEFT - 8) * (until - from);
const tall = () => Math.max(22, (height - AXIS - NET - 6) / run.lanes.length);
const top_ = lane => lane < 0 ? AXIS : AXIS + NET + lane * tall();
// An operation's mark is on its own bar.
const heightOf = item => {
  if (item.type !== 'call' && item.type !== 'return') return middle(item.lane);
  const [, top, , h] = box(run.operations[item.i]);
  return top + h / 2;
};
const middle = lane => lane < 0 ? AXIS + NET / 2 : top_(lane) + tall() / 2;
const faultInk = kind => /crash|restart|stop|fsync/.test(kind) ? ink.crash : /pause|slow/.test(kind) ? ink.slow :
  /clock|wall/.test(kind) ? ink.clock : kind === 'join' ? ink.data : ink.net;
const ROLE = {executes: 'data', primary: 'lease', 'taking over': 'agreement', replica: 'forward', learner: 'fill'};

// A client's operations that overlap lie below each other.
const rows = run.lanes.map(() => []);
for (const o of [...run.operations].sort((a, b) => a.call - b.call)) {
  if (o.lane === null) continue;
  let row = rows[o.lane].findIndex(free => free <= o.call);
  if (row < 0) row = rows[o.lane].push(0) - 1;
  rows[o.lane][row] = o.return ?? o.call + 2e8;
  o.row = row;
}
function box(o) {
  const n = Math.max(1, rows[o.lane].length), h = (tall() - 6) / n;
  const right = o.return ?? Math.min(run.over, o.call + 2e8);
  return [x(o.call), top_(o.lane) + 3 + o.row * h, Math.max(2, x(right) - x(o.call)), Math.max(2, h - 1)];
}
// Where an arrow ends; one that arrives nowhere is a stub.
function ends(a) {
  const y1 = middle(a[0]), y2 = middle(a[1]), x1 = x(a[2]);
  return a[3] === null ? [x1, y1, x1 + 14, y1 + (y2 - y1) * .3] : [x1, y1, x(a[3]), y2];
}
const inSight = (t, u) => u >= from && t <= until;

function fit(canvas) {
  const r = canvas.getBoundingClientRect(), scale = devicePixelRatio || 1;
  canvas.width = r.width * scale;
  canvas.height = r.height * scale;
  const c = canvas.getContext('2d');
  c.setTransform(scale, 0, 0, scale, 0, 0);
  return [c, r.width, r.height];
}
function readInk() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['paper', 'ink', 'faint', 'line', 'lane', 'read', 'write', 'bad', 'dead', 'chosen', 'data',
    'forward', 'agreement', 'lease', 'fill', 'session', 'gossip', 'client', 'crash', 'slow', 'net', 'clock'])
    ink[name] = style.getPropertyValue('--' + name).trim();
}
let asked = false;
function redraw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; draw(); drawWhole(); });
}
function drawAxis(c) {
  const step = [1, 2, 5].flatMap(m => [...Array(12).keys()].map(e => m * 10 ** e)).sort((a, b) => a - b)
    .find(s => s * (width - LEFT) / (until - from) > 110) ?? 1e10;
  const digits = Math.max(0, 9 - Math.floor(Math.log10(step)));
  c.textBaseline = 'middle';
  for (let t = Math.ceil(from / step) * step; t <= until; t += step) {
    c.fillStyle = ink.line;
    c.fillRect(x(t), AXIS - 6, 1, height);
    c.fillStyle = ink.faint;
    c.fillText((t / 1e9).toFixed(digits) + ' s', x(t) + 3, AXIS / 2);
  }
  for (const [t, name] of run.phases) {
    if (!inSight(t, t)) continue;
    c.fillStyle = ink.ink;
    c.fillRect(x(t), AXIS - 4, 2, height);
    c.fillText(name, x(t) + 5, AXIS + 6);
  }
}
function drawDead(c) {
  c.fillStyle = ink.dead;
  for (let lane = 0; lane < run.machines; ++lane) {
    let since = 0;
    for (const [t, of, , up] of [...run.lives.filter(l => l[1] === lane), [run.over, lane, '', true]]) {
      if (up && since !== null && inSight(since, t)) c.fillRect(x(since), top_(of) + 1, x(t) - x(since), tall() - 2);
      since = up ? null : since ?? t;
    }
  }
}
function drawFaults(c) {
  const labels = {};
  for (const fault of run.faults) {
    const end = fault.until;
    if (!inSight(fault.at, end)) continue;
    for (const lane of fault.lanes.length ? fault.lanes : [-1]) {
      const h = lane < 0 ? NET : tall(), left = Math.max(LEFT, x(fault.at)), w = Math.max(2, x(end) - left);
      c.globalAlpha = lane < 0 ? .07 : .16;  // of the network's there may be many at once
      c.fillStyle = faultInk(fault.kind);
      c.fillRect(left, top_(lane) + 1, w, h - 2);
      c.globalAlpha = 1;
      c.fillRect(left, top_(lane) + 1, w, 2);
      if (w > 34 && (labels[lane] ?? -1e9) < left) {
        c.fillText(fault.kind, left + 4, top_(lane) + 10);
        labels[lane] = left + c.measureText(fault.kind).width + 8;
      }
    }
  }
}
function drawRoles(c) {
  const at = {};
  const paint = (lane, t, role, u) => {
    if (!ROLE[role] || !inSight(t, u)) return;
    c.fillStyle = ink[ROLE[role]];
    const thick = role === 'executes' ? 5 : 3;
    c.fillRect(x(t), top_(lane) + tall() - thick - 2, Math.max(1, x(u) - x(t)), thick);
  };
  for (const [t, lane, slot, role] of run.roles) {
    if (slot !== slotNow) continue;
    if (at[lane]) paint(lane, at[lane][0], at[lane][1], t);
    at[lane] = [t, role];
  }
  for (const [lane, [t, role]] of Object.entries(at)) paint(+lane, t, role, run.over);
}
function drawOperations(c) {
  for (const o of run.operations) {
    if (o.lane === null || !inSight(o.call, o.return ?? o.call + 2e8)) continue;
    const [left, top, w, h] = box(o);
    c.globalAlpha = o.outcome === 'done' ? (keyNow && f && o.key !== keyNow ? .45 : 1) : .35;
    c.fillStyle = o.illegal ? ink.bad : o.kind === 'read' ? ink.read : ink.write;
    c.fillRect(left, top, w, h);
    c.globalAlpha = 1;
    if (o.key === keyNow) {
      c.strokeStyle = ink.ink;
      c.lineWidth = 1;
      c.strokeRect(left + .5, top + .5, w - 1, h - 1);
    }
    const words = o.key + ': ' + o.deed, room = Math.floor((w - 8) / 5.8);
    if (h > 9 && room > 3) {
      c.fillStyle = o.illegal || o.outcome === 'done' ? '#fff' : ink.ink;
      c.fillText(words.length > room ? words.slice(0, room - 1) + '…' : words, left + 4, top + h / 2);
    }
  }
}
function drawArrows(c) {
  const seen = run.arrows.filter(a => inSight(a[2], a[3] ?? a[2]) && shown(a[4]));
  const now = items[chosen];
  const own = new Set(now?.type === 'step' ? arrowsOfStep[now.i].map(i => run.arrows[i]) : []);
  const many = seen.length > 1500;
  for (const a of [...seen.filter(a => !own.has(a)), ...seen.filter(a => own.has(a))]) {
    const [x1, y1, x2, y2] = ends(a);
    c.strokeStyle = c.fillStyle = ink[groupOfFrame(a[4])];
    c.globalAlpha = own.has(a) ? 1 : many ? .22 : own.size ? .5 : .8;
    c.lineWidth = own.has(a) ? 2.5 : 1;
    c.setLineDash(a[3] === null ? [3, 3] : []);
    c.beginPath();
    c.moveTo(x1, y1);
    c.lineTo(x2, y2);
    c.stroke();
    if (many && !own.has(a)) continue;
    if (a[3] === null) { c.fillText('×', x2 - 3, y2); continue; }
    const turn = Math.atan2(y2 - y1, x2 - x1);
    c.beginPath();
    c.moveTo(x2, y2);
    for (const side of [-.35, .35]) c.lineTo(x2 - 7 * Math.cos(turn + side), y2 - 7 * Math.sin(turn + side));
    c.fill();
  }
  c.setLineDash([]);
  c.globalAlpha = 1;
}
function drawMarks(c) {
  for (const item of items) {
    if (!inSight(item.t, item.t)) continue;
    const px = x(item.t), py = middle(item.lane);
    if (item.type === 'step') {
      if (!steppable(item)) continue;
      c.fillStyle = ink.faint;
      c.fillRect(px - 1, py - 2, 2, 4);
    } else if (item.type === 'view') {
      c.fillStyle = ink.agreement;
      c.beginPath();
      for (const [dx, dy] of [[0, -6], [6, 0], [0, 6], [-6, 0]]) c.lineTo(px + dx, top_(item.lane) + 9 + dy);
      c.fill();
      c.fillText(run.views[item.i].epoch, px + 8, top_(item.lane) + 9);
    } else if (item.type === 'life') {
      c.fillStyle = run.lives[item.i][3] ? ink.data : ink.bad;
      c.fillRect(px - 1, top_(item.lane) + 2, 3, tall() - 4);
    }
  }
  if (failing >= 0 && inSight(items[failing].t, items[failing].t)) {
    c.fillStyle = ink.bad;
    c.fillRect(x(items[failing].t) - 1, AXIS, 2, height);
  }
  if (chosen < 0) return;
  const now = items[chosen];
  c.strokeStyle = ink.ink;
  c.lineWidth = 1;
  c.setLineDash([4, 3]);
  c.strokeRect(x(now.t), AXIS - 4, 0, height);
  c.setLineDash([]);
  c.lineWidth = 2;
  c.beginPath();
  c.arc(x(now.t), heightOf(now), 7, 0, 7);
  c.stroke();
}
function draw() {
  let c;
  [c, width, height] = fit(lanes);
  c.font = '11px system-ui, sans-serif';
  c.clearRect(0, 0, width, height);
  c.textBaseline = 'middle';
  for (let lane = 0; lane < run.lanes.length; ++lane) {
    c.fillStyle = ink.lane;
    c.fillRect(0, top_(lane) + 1, width, tall() - 2);
  }
  c.save();
  c.beginPath();
  c.rect(LEFT, 0, width - LEFT, height);
  c.clip();
  if (run.steps.length) {  // outside of the window no messages were kept
    c.fillStyle = ink.chosen;
    c.globalAlpha = .25;
    c.fillRect(x(run.from), 0, x(run.until) - x(run.from), AXIS - 6);
    c.globalAlpha = 1;
  }
  drawDead(c);
  drawFaults(c);
  drawAxis(c);
  c.strokeStyle = ink.line;
  for (let lane = 0; lane < run.machines; ++lane) c.strokeRect(LEFT, middle(lane), width, 0);
  drawRoles(c);
  drawOperations(c);
  drawArrows(c);
  drawMarks(c);
  c.restore();
  c.fillStyle = ink.faint;
  c.fillText('network', 12, middle(-1));
  run.lanes.forEach((name, lane) => {
    c.fillStyle = lane < run.machines ? ink.ink : ink.faint;
    c.fillText(name, 12, middle(lane));
  });
}
function drawWhole() {
  const [c, w, h] = fit(whole);
  c.font = '10px system-ui, sans-serif';
  c.textBaseline = 'middle';
  const at = t => LEFT + t / run.over * (w - LEFT - 8), thin = (h - 16) / (run.machines + 1);
  c.fillStyle = ink.chosen;
  c.fillRect(at(from), 0, Math.max(2, at(Math.min(until, run.over)) - at(from)), h);
  for (const fault of run.faults) {
    c.fillStyle = faultInk(fault.kind);
    for (const lane of fault.lanes.length ? fault.lanes : [-1])
      if (lane < run.machines)
        c.fillRect(at(fault.at), 14 + (lane + 1) * thin, Math.max(2, at(fault.until) - at(fault.at)), thin - 1);
  }
  for (const v of run.views) {
    c.fillStyle = ink.agreement;
    if (v.installs.length) c.fillRect(at(v.installs[0][0]), 12, 1, h);
  }
  for (const [t, name] of run.phases) {
    c.fillStyle = ink.faint;
    c.fillRect(at(t), 0, 1, h);
    c.fillText(name, at(t) + 3, 7);
  }
  if (failing >= 0) { c.fillStyle = ink.bad; c.fillRect(at(items[failing].t) - 1, 0, 3, h); }
  c.fillStyle = ink.faint;
  c.fillText('whole run', 12, 7);
  c.fillText(seconds(run.over).replace(/\..*/, ' s'), 12, 20);
}
