// What the scripts of all explorables share. Python puts NAME.js behind it, and the browser takes both as one module.

const SVG = "http://www.w3.org/2000/svg";
const LETTERS = "ABCDEFGHIJKLMNOP";
const PAPER = "var(--jp-layout-color0, white)"; // the page's own, in light and in dark

/** A new element at the end of `parent`. */
function add(parent, tag, attributes = {}, text = "") {
  const node = document.createElementNS(tag === "svg" ? SVG : parent.namespaceURI, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return parent.appendChild(node);
}

/** A number with a minus sign that is as long as a plus. */
const minus = (value) => String(value).replace(/^-(?=\d)/, "−");

/** A line of text in a picture, centred at x unless `more` says otherwise. */
function write(svg, x, y, text, more) {
  const look = { fill: "currentColor", "font-size": 12, "text-anchor": "middle" };
  return add(svg, "text", { x, y, ...look, ...more }, text);
}

/** An atom with its letter: a disc of radius `size`, or a square. The pointer can pull it if it has a `name`. */
function drawAtom(svg, x, y, size, letter, { name, square = false, font = 13, ...more } = {}) {
  const atom = add(svg, "g", name === undefined ? {} : { class: "atom", "data-atom": name });
  const look = { fill: PAPER, stroke: "currentColor", ...more }, half = 0.9 * size;
  if (square) add(atom, "rect", { x: x - half, y: y - half, width: 2 * half, height: 2 * half, ...look });
  else add(atom, "circle", { cx: x, cy: y, r: size, ...look });
  write(atom, x, y + 0.36 * font, letter, { "font-size": font, "font-weight": 700 });
}

/** The line through points [x, y]. */
function line(svg, points, more) {
  return add(svg, "path", { d: "M" + points.map((point) => point.join(" ")).join("L"), fill: "none", ...more });
}

/** A framed window in the picture: of what is drawn there, nothing beyond the frame is seen. */
function addWindow(svg, x, y, width, height) {
  add(svg, "rect", { x, y, width, height, fill: "none", stroke: "currentColor" });
  return add(svg, "svg", { x, y, width, height, viewBox: `${x} ${y} ${width} ${height}` });
}

/** Decimals that a step of 1, 0.5, 0.02 … asks for. */
const decimals = (step) => (String(step).split(".")[1] ?? "").length;

/** Where a slider would stand that was taken to `value`. */
function snapped({ low, high, step }, value) {
  const steps = Math.round((Math.min(high, Math.max(low, value)) - low) / step);
  return Number((low + steps * step).toFixed(Math.max(decimals(low), decimals(step))));
}

/** `whole` with another `value` in the place that `keys` lead to. */
function replaced(whole, [key, ...keys], value) {
  if (key === undefined) return value;
  const copy = Array.isArray(whole) ? [...whole] : { ...whole };
  copy[key] = replaced(copy[key], keys, value);
  return copy;
}

/** A row of the table: name, slider or list, value. Returns the function that shows a value in it. */
function addRow(table, { label, low, high, step, unit, options }, turned) {
  const id = `dial-${Math.random().toString(36).slice(2)}`;
  add(table, "label", { for: id }, label);
  // without the attribute JupyterLab takes the arrow keys to fold headings
  const input = add(table, options ? "select" : "input", { id, "data-lm-suppress-shortcuts": true });
  const shown = add(table, "output");
  if (options) for (const option of options) input.add(new Option(minus(option)));
  else Object.assign(input, { type: "range", min: low, max: high, step });
  input.addEventListener("input", () => turned(options ? options[input.selectedIndex] : Number(input.value)));
  return (value) => {
    if (options) { input.selectedIndex = options.indexOf(value); return; }
    input.value = value;
    shown.textContent = `${value.toFixed(decimals(step))} ${unit}`.replace(" °", "°").trim();
    input.setAttribute("aria-valuetext", shown.textContent);
  };
}

/** Who takes hold of an atom in the picture calls `grab` with its name, and on the way `pull` with every place. */
function letPull(svg, grab, pull) {
  let held = null;
  svg.addEventListener("pointerdown", (event) => {
    held = event.target.closest(".atom");
    if (!held) return;
    grab(held.dataset.atom);
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => {
    if (!held) return;
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    pull(held.dataset.atom, x, y);
  });
  for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { held = null; });
}

/**
 * The explorable `name`: its picture, the sentence it `says`, its legend and the controls that Python asks for.
 *
 * draw(picture, model) fills the empty picture whenever one of the traits `watched` changes;
 * keys(control, model) lead to what a control turns: "shift.2" to the third number of the trait "shift";
 * grab(atom, set, model) and pull(atom, x, y, set, model) follow the pointer; set(control, value) turns a control.
 */
function panel({ model, el }, { name, tag = "svg", draw, legend = "", watched = ["picture"], grab = () => {}, pull,
  says = () => model.get("picture").text, keys = (control) => control.split(".") }) {
  const root = add(el, "div", { class: `mlip-panel ${name}` });
  const picture = add(root, tag, tag === "svg" ? { role: "img" } : { alt: "" });
  const sentence = add(root, "p", { class: "sentence", "aria-live": "polite" });
  if (legend) add(root, "p").innerHTML = legend;
  const table = add(root, "div", { class: "controls" });

  const controls = Object.fromEntries(model.get("controls").map((control) => [control.name, control]));
  const set = (control, value) => {
    const [trait, ...rest] = keys(control, model), { options } = controls[control];
    model.set(trait, replaced(model.get(trait), rest, options ? value : snapped(controls[control], value)));
  };
  const show = Object.keys(controls).map((control) => {
    const shown = addRow(table, controls[control], (value) => { set(control, value); model.save_changes(); });
    return () => {
      const [trait, ...rest] = keys(control, model);
      shown(rest.reduce((whole, key) => whole[key], model.get(trait)));
    };
  });
  if (pull) letPull(picture, (atom) => { grab(atom, set, model); model.save_changes(); },
    (atom, x, y) => { pull(atom, x, y, set, model); model.save_changes(); });

  const redraw = () => {
    picture.replaceChildren();
    draw(picture, model);
    sentence.textContent = says(model);
  };
  const turn = () => show.forEach((one) => one());
  const turned = new Set(Object.keys(controls).map((control) => keys(control, model)[0]));
  const changes = (traits) => [...traits].map((trait) => `change:${trait}`).join(" ");
  const listeners = [[changes(watched), redraw], [changes(turned), turn]];
  for (const [event, listener] of listeners) { model.on(event, listener); listener(); }
  return () => { for (const [event, listener] of listeners) model.off(event, listener); };
}
