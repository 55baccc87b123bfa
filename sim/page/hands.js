// What one does with it: choose, step, filter, zoom; and what is told of what is chosen.
// ---- what is chosen, told
function place(t, name) { get('place').textContent = seconds(t) + (name ? ' · ' + name : ''); }
const laneName = lane => run.lanes[lane] ?? 'network';
function go(text, item) {
  const b = make('button', {className: 'go', textContent: text, disabled: item === undefined});
  b.onclick = () => choose(item);
  return b;
}
function arrowText(a, out) {
  const kinds = a[4].map(k => run.kinds[k]).join(', ');
  const when = a[3] === null ? 'does not arrive' : `${((a[3] - a[2]) / 1e6).toFixed(3)} ms`;
  return `${out ? '→ ' + laneName(a[1]) : '← ' + laneName(a[0])}: ${kinds}, ${when}`;
}
const TELL = {
  step(i) {
    const [, , text, effects] = run.steps[i], out = [make('p', {}, make('b', {textContent: text}))];
    if (effects.length) out.push(make('ol', {}, ...effects.map(e => make('li', {textContent: e}))));
    for (const n of arrowsOfStep[i]) {
      const a = run.arrows[n], leaves = a[5] === i, other = leaves ? a[6] : a[5];
      out.push(go(arrowText(a, leaves), other === null ? undefined : itemOfStep[other]));
    }
    return out;
  },
  call(i, returns) {
    const o = run.operations[i], out = [make('p', {}, `Key ${o.key}. `, make('b', {textContent: o.text}))];
    if (o.illegal) out.unshift(make('p', {className: 'bad'}, make('b', {}, 'Nothing explains this'),
      `: key ${f.key}, read ${f.read}, could have been ${orList(f.could)}.`));
    if (o.return === null)
      out.push(make('p', {className: 'faint'}, 'It may take effect at any time from its call on, or never.'));
    out.push(go(returns ? '← its call' : 'its return →', returns ? itemOfCall[i] : itemOfReturn[i]));
    const a = run.arrows.find(b => returns ? b[1] === o.lane && b[3] === o.return
      : b[0] === o.lane && b[2] === o.call);
    const step = a && (returns ? a[5] : a[6]);
    if (a && step !== null)
      out.push(go(returns ? `← the reply of ${laneName(a[0])}` : `→ arrives at ${laneName(a[1])}`, itemOfStep[step]));
    return out;
  },
  return(i) { return TELL.call(i, true); },
  fault(i) {
    const {text, lanes} = run.faults[i];
    return [make('p', {}, 'Fault: ', make('b', {textContent: text}),
      ` (${lanes.map(laneName).join(', ') || 'the whole network'})`)];
  },
  over(i) { return [make('p', {}, 'Over: ', make('b', {textContent: run.faults[i].text}))]; },
  life(i) { return [make('p', {}, make('b', {textContent: run.lives[i][2]}))]; },
  view(i) {
    const v = run.views[i], changed = new Set(v.changed);
    return [make('p', {}, 'Installs ', make('b', {textContent: v.text})),
      make('p', {className: 'faint'}, v.installs.map(([t, lane]) => `${laneName(lane)} at ${seconds(t)}`).join(', ')),
      make('table', {}, ...v.slots.map(([s, epoch, list]) => make('tr', {className: changed.has(s) ? 'changed' : ''},
        ...['slot ' + s, 'epoch ' + epoch, list].map(text => make('td', {textContent: text})))))];
  },
  fail() {
    return [make('p', {className: 'bad'}, make('b', {textContent: `${run.verdict} by ${run.check}`})),
      make('p', {textContent: run.reason})];
  },
};
function brief(item) {
  switch (item.type) {
    case 'step': return run.steps[item.i][2];
    case 'call': case 'return': return run.operations[item.i].key + ': ' + run.operations[item.i].text;
    case 'fault': return run.faults[item.i].text;
    case 'over': return 'over: ' + run.faults[item.i].text;
    case 'life': return run.lives[item.i][2];
    case 'view': return run.views[item.i].text;
    default: return run.reason;
  }
}
function choose(n) {
  if (n === undefined || n < 0 || n >= items.length) return;
  chosen = n;
  const item = items[n];
  place(item.t, laneName(item.lane));
  get('told').replaceChildren(...TELL[item.type](item.i));
  get('told').parentElement.scrollTop = 0;
  const px = (item.t - from) / (until - from);
  if (px < .02 || px > .98) look(item.t - (until - from) / 2, until - from);
  markOperation();
  redraw();
}
function step(by, lane) {
  for (let n = chosen < 0 ? (by > 0 ? 0 : items.length - 1) : chosen + by; n >= 0 && n < items.length; n += by)
    if (steppable(items[n]) && (lane === undefined || items[n].lane === lane)) return choose(n);
}
// Shows `span` from `t` on.
function look(t, span) {
  span = Math.min(Math.max(span, 2e4), run.over * 1.05 + 1);
  from = Math.min(Math.max(t, -span * .05), run.over * 1.05 - span * .5);
  until = from + span;
  redraw();
}
const focus = () => chosen >= 0 && inSight(items[chosen].t, items[chosen].t) ? items[chosen].t : (from + until) / 2;
function zoom(factor, t = focus()) {
  const span = Math.min(Math.max((until - from) * factor, 2e4), run.over * 1.05 + 1);
  look(t - (t - from) / (until - from) * span, span);
}
function toFailure() {
  if (failing < 0) return;
  const item = items[failing], o = item.type === 'return' ? run.operations[item.i] : null;
  const span = o ? Math.min(Math.max((item.t - o.call) * 2, 1e7), 1e9) : 1e8;
  look(item.t - span * .8, span);
  choose(failing);
}

// ---- the operations of a key
const keys = [...new Set(run.operations.map(o => o.key))].sort();
let buttons = [];
function setKey(key) {
  keyNow = key;
  names = new RegExp('(^|[^A-Za-z0-9_-])' + escaped(key) + '($|[^A-Za-z0-9_-])');
  get('keys').value = key;
  buttons = [];
  const of = run.operations.map((o, i) => [o, i]).filter(([o]) => o.key === key).sort((a, b) => a[0].call - b[0].call);
  get('ops').replaceChildren(...of.map(([o, i]) => {
    const b = make('button', {textContent: o.text});
    b.className = [o.kind, o.outcome, o.illegal ? 'illegal' : ''].join(' ').trim();
    if (o.illegal) b.append(make('br'), `could have been ${orList(f.could)}`);
    b.onclick = () => choose(itemOfReturn[i] ?? itemOfCall[i]);
    buttons[i] = b;
    return b;
  }));
}
function markOperation() {
  for (const b of get('ops').querySelectorAll('.now')) b.classList.remove('now');
  const item = items[chosen];
  if (item.type !== 'call' && item.type !== 'return') return;
  const b = buttons[item.i];
  if (!b) return;
  b.classList.add('now');
  const list = get('ops').parentElement;
  if (b.offsetTop < list.scrollTop || b.offsetTop + b.offsetHeight > list.scrollTop + list.clientHeight)
    list.scrollTop = b.offsetTop - list.clientHeight / 2;
}
get('keys').append(...keys.map(k => make('option', {value: k, textContent: k})));
get('keys').onchange = e => { setKey(e.target.value); redraw(); };

// ---- the bar: the failure, kinds, the slot whose roles are shown
const each = make('span', {id: 'each', hidden: true}), chips = [];
function toggle(kinds) {
  const show = kinds.every(k => hidden.has(k));
  for (const k of kinds) show ? hidden.delete(k) : hidden.add(k);
  for (const refresh of chips) refresh();
  redraw();
}
function chip(group, label, kinds) {
  const b = make('button', {className: 'kind', textContent: label});
  b.style.setProperty('--of', `var(--${group})`);
  b.onclick = () => toggle(kinds);
  chips.push(() => {
    const off = kinds.every(k => hidden.has(k));
    b.classList.toggle('off', off);
    b.ariaPressed = !off;
  });
  return b;
}
const bar = get('bar');
if (failing >= 0) bar.append(make('button', {id: 'tofail', textContent: 'The failing step', onclick: toFailure}));
for (const group of rankOf) {
  const kinds = run.kinds.map((_, k) => k).filter(k => groupOfKind[k] === group);
  if (!kinds.length) continue;
  bar.append(chip(group, group, kinds));
  if (kinds.length > 1) for (const k of kinds) each.append(chip(group, run.kinds[k], [k]));
}
bar.append(make('button', {id: 'kinds', textContent: 'each kind', onclick: () => {
  each.hidden = !each.hidden;
  redraw();
}}));
const keyOnly = make('button', {id: 'onlykey', textContent: 'only what names the key'});
function toggleKey() {
  onlyKey = !onlyKey;
  keyOnly.ariaPressed = onlyKey;
  keyOnly.style.borderColor = onlyKey ? 'var(--ink)' : '';
  redraw();
}
keyOnly.onclick = toggleKey;
bar.append(keyOnly);
if (run.roles.length) {
  const slots = [...new Set(run.roles.map(r => r[2]))].sort((a, b) => a - b);
  const options = slots.map(s => make('option', {value: s, textContent: 'slot ' + s}));
  const select = make('select', {id: 'roleslot', ariaLabel: 'slot'}, ...options);
  select.value = slotNow;
  select.onchange = () => { slotNow = +select.value; redraw(); };
  const legend = Object.entries(ROLE).map(([role, colour]) => {
    const e = make('span', {className: 'kind faint', textContent: role});
    e.style.setProperty('--of', `var(--${colour})`);
    return e;
  });
  bar.append(make('span', {className: 'faint', textContent: 'roles in'}), select, ...legend);
}
bar.append(each);
for (const refresh of chips) refresh();

// ---- mouse
function nearest(px, py) {
  let best = -1, least = 12 ** 2;
  items.forEach((item, n) => {
    if (!inSight(item.t, item.t) || !steppable(item)) return;
    const y = item.type === 'view' || item.type === 'fault' ? top_(item.lane) + 9 : middle(item.lane);
    const d = (x(item.t) - px) ** 2 + (Math.abs(y - py) < tall() / 2 ? (y - py) ** 2 / 16 : 1e9);
    if (d < least) { least = d; best = n; }
  });
  const o = run.operations.findIndex(q => {
    if (q.lane === null || !inSight(q.call, q.return ?? q.call + 2e8)) return false;
    const [left, top, w, h] = box(q);
    return px >= left && px <= left + w && py >= top && py <= top + h;
  });
  return o >= 0 ? itemOfReturn[o] ?? itemOfCall[o] : best;
}
function arrowAt(px, py) {
  let best = null, least = 5;
  for (const a of run.arrows) {
    if (!inSight(a[2], a[3] ?? a[2]) || !shown(a[4])) continue;
    const [x1, y1, x2, y2] = ends(a), l = (x2 - x1) ** 2 + (y2 - y1) ** 2;
    const k = l ? Math.min(1, Math.max(0, ((px - x1) * (x2 - x1) + (py - y1) * (y2 - y1)) / l)) : 0;
    const d = Math.hypot(px - x1 - k * (x2 - x1), py - y1 - k * (y2 - y1));
    if (d < least) { least = d; best = a; }
  }
  return best;
}
let drag = null;
lanes.onpointerdown = e => { drag = {px: e.offsetX, from, moved: false}; };
lanes.onpointerup = e => {
  const was = drag;
  drag = null;
  if (!was || was.moved) return;
  const n = nearest(e.offsetX, e.offsetY), a = n < 0 ? arrowAt(e.offsetX, e.offsetY) : null;
  choose(n >= 0 ? n : a ? itemOfStep[a[6] ?? a[5]] : undefined);
};
lanes.onpointermove = e => {
  const tip = get('tip');
  if (drag) {
    if (!drag.moved && Math.abs(e.offsetX - drag.px) > 3) {
      drag.moved = true;
      lanes.setPointerCapture(e.pointerId);
    }
    if (drag.moved) look(drag.from - (e.offsetX - drag.px) * (until - from) / (width - LEFT - 8), until - from);
    return;
  }
  const n = nearest(e.offsetX, e.offsetY), a = n < 0 ? arrowAt(e.offsetX, e.offsetY) : null;
  tip.hidden = n < 0 && !a;
  if (tip.hidden) return;
  tip.textContent = n >= 0 ? seconds(items[n].t) + ' ' + brief(items[n]).slice(0, 300)
    : `${laneName(a[0])} ${arrowText(a, true)}`;
  tip.style.left = Math.min(e.clientX + 14, innerWidth - 470) + 'px';
  tip.style.top = e.clientY + 16 + 'px';
};
lanes.onpointerleave = () => { get('tip').hidden = true; };
lanes.onwheel = e => {
  e.preventDefault();
  const sideways = Math.abs(e.deltaX) > Math.abs(e.deltaY) || e.shiftKey;
  if (sideways) look(from + (e.deltaX || e.deltaY) * (until - from) / 900, until - from);
  else zoom(Math.exp(e.deltaY / 500), timeAt(e.offsetX));
};
whole.onpointerdown = whole.onpointermove = e => {
  if (!e.buttons) return;
  const t = (e.offsetX - LEFT) / (whole.clientWidth - LEFT - 8) * run.over;
  look(t - (until - from) / 2, until - from);
};

// ---- keys
const acts = {
  ArrowRight: () => step(1), ArrowLeft: () => step(-1),
  Home: () => { chosen = -1; step(1); }, End: () => { chosen = -1; step(-1); },
  f: toFailure, k: toggleKey, w: () => look(0, run.over * 1.02),
  a: () => look(from - (until - from) * .25, until - from), d: () => look(from + (until - from) * .25, until - from),
  ']': () => chosen >= 0 && step(1, items[chosen].lane), '[': () => chosen >= 0 && step(-1, items[chosen].lane),
  '+': () => zoom(.6), '-': () => zoom(1 / .6),
};
addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.tagName === 'SELECT') return;
  const key = e.key === '=' ? '+' : e.key.length === 1 ? e.key.toLowerCase() : e.key;
  if (!acts[key]) return;
  e.preventDefault();
  acts[key]();
});
addEventListener('resize', redraw);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { readInk(); redraw(); });
readInk();
setKey(keyNow || keys[0] || '');
if (failing >= 0) toFailure();
else {
  look(run.until - 1e9, 1e9);
  const first = items.findIndex(i => i.t >= from && steppable(i));
  choose(first >= 0 ? first : 0);
}
redraw();
