// The pad of mnist_basics.pad: draws strokes, sends them, shows the answer. It loads nothing.
// Points are shares of the pad's side, 0 to 1 from the left and from the top.

const style = `
.mb-pad { --text: #1b1b1b; --quiet: #595959; --bar: #0b5fb0; --line: #767676; --ground: #ffffff; }
@media (prefers-color-scheme: dark) {
  .mb-pad { --text: #f0f0f0; --quiet: #b4b4b4; --bar: #7db8f5; --line: #909090; --ground: #1b1b1b; }
}
body[data-jp-theme-light="true"] .mb-pad {
  --text: #1b1b1b; --quiet: #595959; --bar: #0b5fb0; --line: #767676; --ground: #ffffff; }
body[data-jp-theme-light="false"] .mb-pad {
  --text: #f0f0f0; --quiet: #b4b4b4; --bar: #7db8f5; --line: #909090; --ground: #1b1b1b; }
.mb-pad { display: flex; flex-wrap: wrap; gap: 20px; padding: 12px; box-sizing: border-box;
  max-width: 100%; color: var(--text); background: var(--ground);
  font: 14px/1.4 system-ui, sans-serif; }
.mb-pad * { box-sizing: border-box; }
.mb-pad .left { flex: 0 1 300px; min-width: 0; }
.mb-pad .right { flex: 1 1 300px; min-width: 0; max-width: 520px; container-type: inline-size; }
.mb-pad canvas { display: block; width: 100%; aspect-ratio: 1; background: #ffffff;
  border: 1px solid var(--line); border-radius: 4px; touch-action: none; cursor: crosshair;
  user-select: none; -webkit-user-select: none; }
.mb-pad button { margin-top: 8px; padding: 6px 18px; font: inherit; color: var(--text);
  background: transparent; border: 1px solid var(--line); border-radius: 4px; cursor: pointer; }
.mb-pad button:focus-visible { outline: 3px solid var(--bar); outline-offset: 2px; }
.mb-pad .answer { min-height: 36px; margin: 0 0 8px; font-size: 22px; line-height: 36px; }
.mb-pad .bars { margin: 0 0 12px; padding: 0; list-style: none; }
.mb-pad .bars li { display: grid; grid-template-columns: 1em 1fr 3.2em; gap: 8px; line-height: 18px;
  align-items: center; font-variant-numeric: tabular-nums; margin: 0; padding: 0; }
.mb-pad .bars span { display: block; height: 12px; background: var(--bar); border-radius: 2px; }
.mb-pad .bars b { font-weight: normal; text-align: right; }
.mb-pad .pictures { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 12px; }
@container (min-width: 380px) {
  .mb-pad .pictures { grid-template-columns: repeat(4, minmax(0, 1fr)); } }
.mb-pad figure { margin: 0; }
.mb-pad img { display: block; width: 100%; max-width: 112px; aspect-ratio: 1;
  image-rendering: pixelated; border: 1px solid var(--line); margin: 0; }
.mb-pad figcaption { margin-top: 4px; font-size: 12px; line-height: 1.35; color: var(--quiet); }
.mb-pad .waiting { opacity: .45; }
`;

function make(tag, parent, attributes = {}, text = '') {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  parent.append(node);
  return node;
}

function paint(canvas, strokes, width) {
  const side = Math.max(1, Math.round(canvas.clientWidth * window.devicePixelRatio));
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const pen = canvas.getContext('2d');
  pen.clearRect(0, 0, side, side);
  const round = {lineCap: 'round', lineJoin: 'round', strokeStyle: '#111'};
  Object.assign(pen, {lineWidth: width*side, ...round});
  for (const [first, ...rest] of strokes) {
    pen.beginPath();
    pen.moveTo(first[0]*side, first[1]*side);
    pen.lineTo(first[0]*side + .01, first[1]*side);   // a line without length would leave no dot
    for (const [x, y] of rest) pen.lineTo(x*side, y*side);
    pen.stroke();
  }
}

function tell(right, answer) {
  right.said.textContent = answer.text;
  right.bars.replaceChildren();
  answer.probabilities.forEach((p, digit) => {
    const row = make('li', right.bars);
    make('i', row, {style: 'font-style: normal'}, digit);
    make('span', row, {style: `width: ${100*p}%`, 'aria-hidden': 'true'});
    make('b', row, {}, `${Math.round(100*p)}%`);
  });
  right.pictures.replaceChildren();
  for (const {src, title} of answer.pictures) {
    const figure = make('figure', right.pictures);
    make('img', figure, {src, alt: ''});
    make('figcaption', figure, {}, title);
  }
}

function render({model, el}) {
  const root = make('div', el, {class: 'mb-pad', 'data-lm-suppress-shortcuts': 'true'});
  make('style', root, {}, style);
  const left = make('div', root, {class: 'left'}), side = make('div', root, {class: 'right'});
  const canvas = make('canvas', left, {role: 'img',
    'aria-label': 'Pad: draw a digit here with the mouse, a finger or a pen'});
  const clear = make('button', left, {type: 'button'}, 'Clear');
  const right = {said: make('p', side, {class: 'answer', 'aria-live': 'polite'}),
                 bars: make('ul', side, {class: 'bars', 'aria-label': 'Probability of each digit'}),
                 pictures: make('div', side, {class: 'pictures'})};
  let stroke = null, pointer = null;   // the stroke being drawn, and by which finger, pen or mouse

  function draw() {
    const done = model.get('strokes');
    paint(canvas, stroke ? [...done, stroke] : done, model.get('width'));
  }
  function wait() {   // an answer to other strokes than those on the pad is shown pale
    const [told, drawn] = [model.get('answer').strokes, model.get('strokes')]
      .map(strokes => JSON.stringify(strokes));
    side.classList.toggle('waiting', told !== drawn);
  }
  function send(strokes) {
    model.set('strokes', strokes);
    model.save_changes();
    draw(); wait();
  }
  function add(event) {
    const box = canvas.getBoundingClientRect();
    const inner = {left: box.left + canvas.clientLeft, top: box.top + canvas.clientTop};
    const [x, y] = [event.clientX - inner.left, event.clientY - inner.top].map(n =>
      Math.round(1e4*Math.min(2, Math.max(-1, n/canvas.clientWidth)))/1e4);
    const last = stroke[stroke.length-1];
    if (!last || Math.hypot(x - last[0], y - last[1]) > .008) stroke.push([x, y]);
  }
  function start(event) {
    if (pointer !== null || event.button !== 0) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    [pointer, stroke] = [event.pointerId, []];
    add(event); draw();
  }
  function move(event) {
    if (event.pointerId !== pointer) return;
    const all = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of all.length ? all : [event]) add(one);
    draw();
  }
  function stop(event) {
    if (event.pointerId !== pointer) return;
    const done = stroke;
    stroke = pointer = null;
    if (event.type === 'pointerup') send([...model.get('strokes'), done]);
    else draw();   // the system took the pointer away: the stroke was not meant
  }
  function erase() { stroke = pointer = null; send([]); }
  function redraw() { draw(); wait(); }
  function answer() { tell(right, model.get('answer')); wait(); }

  canvas.addEventListener('pointerdown', start);
  canvas.addEventListener('pointermove', move);
  for (const end of ['pointerup', 'pointercancel', 'lostpointercapture'])
    canvas.addEventListener(end, stop);
  clear.addEventListener('click', erase);
  model.on('change:strokes', redraw);
  model.on('change:width', redraw);
  model.on('change:answer', answer);
  const watcher = new ResizeObserver(draw);
  watcher.observe(canvas);
  draw(); answer();
  return () => {
    watcher.disconnect();
    model.off('change:strokes', redraw);
    model.off('change:width', redraw);
    model.off('change:answer', answer);
  };
}

export default {render};
