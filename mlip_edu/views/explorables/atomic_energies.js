const SVG = "http://www.w3.org/2000/svg";
const NAMES = "ABCDEFGHIJKLMNOP";
const SCALE = 26, LEFT = 62, BOTTOM = 318; // pixels an Å, and where x = z = 0 stands
const X = (x) => LEFT + SCALE * x, Z = (z) => BOTTOM - SCALE * z;

function add(parent, tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text ?? "";
  return parent.appendChild(node);
}

function drawCrystal(svg, picture) {
  const write = (x, y, text, more) => add(svg, "text", { x, y, fill: "currentColor", "font-size": 12,
    "text-anchor": "middle", ...more }, text);
  const [wide, , high] = picture.cell;
  add(svg, "rect", { x: X(-0.7), y: Z(high - 0.7), width: SCALE * wide, height: SCALE * high, fill: "none",
    stroke: "currentColor", "stroke-dasharray": "2 4" });
  add(svg, "path", { d: `M${X(5.2)} ${Z(0)}v${-2 * SCALE}`, stroke: "currentColor", "stroke-width": 3 });
  write(X(5.2) + 20, Z(1) + 4, "2 Å");
  write(X(2), 352, "x →, z ↑; y into the screen");
  const [x0, , z0] = picture.positions[0];
  const drawn = Math.min(0.5, 2.2 / Math.hypot(...picture.force)); // Å for 1 eV/Å
  for (const [name, stroke, wide] of [["force", "var(--pulled)", 8], ["own", "currentColor", 2.5]]) {
    const [fx, , fz] = picture[name];
    add(svg, "path", { d: `M${X(x0)} ${Z(z0)}L${X(x0 + drawn * fx)} ${Z(z0 + drawn * fz)}`, stroke,
      "stroke-width": wide, fill: "none" });
  }
  picture.positions.forEach(([x, , z], k) => {
    const atom = add(svg, "g", k ? {} : { class: "pulled" }), reached = picture.reached[k];
    const ink = { fill: "var(--jp-layout-color0, white)", "stroke-width": 2.5,
      stroke: k ? (reached ? "var(--other)" : "currentColor") : "var(--pulled)" };
    if (reached) add(atom, "circle", { cx: X(x), cy: Z(z), r: 11, ...ink });
    else add(atom, "rect", { x: X(x) - 10, y: Z(z) - 10, width: 20, height: 20, ...ink });
    add(atom, "text", { x: X(x), y: Z(z) + 4, "text-anchor": "middle", "font-size": 12, "font-weight": 700,
      fill: "currentColor" }, NAMES[k]);
  });
}

function drawBars(svg, picture) {
  const write = (x, y, text, more) => add(svg, "text", { x, y, fill: "currentColor", "font-size": 12,
    "text-anchor": "middle", ...more }, text);
  const changes = picture.changes.map((value) => 1000 * value);
  const most = Math.max(...changes.map(Math.abs));
  const top = [5, 10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 3000, 5000].find((value) => value >= most) ?? most;
  const left = 300, wide = 28, zero = 190, tall = 140;
  write(530, 20, "E_i less its value in the crystal (meV)");
  for (const value of [-top, -top / 2, 0, top / 2, top]) {
    const y = zero - tall * value / top;
    add(svg, "path", { d: `M${left} ${y}h${16 * wide}`, stroke: "currentColor", "stroke-opacity": value ? 0.25 : 1 });
    write(left - 6, y + 4, `${value}`.replace("-", "−"), { "text-anchor": "end", "font-size": 11 });
  }
  changes.forEach((value, k) => {
    const height = Math.max(0.5, Math.abs(value) * tall / top), x = left + k * wide + 5;
    add(svg, "rect", { x, y: value > 0 ? zero - height : zero, width: wide - 10, height,
      fill: k ? "var(--other)" : "none", stroke: k ? "none" : "var(--pulled)", "stroke-width": 3 });
    write(x + wide / 2 - 5, 348, NAMES[k], { "font-weight": k ? 400 : 700,
      "text-decoration": picture.reached[k] ? "none" : "line-through" });
  });
}

function render({ model, el }) {
  const root = el.appendChild(document.createElement("div")), view = Math.random().toString(36).slice(2);
  root.className = "atomic-energies";
  const svg = add(root, "svg", { role: "img", viewBox: "0 0 780 365" });
  const [answer, legend, table] = ["p", "p", "div"].map((tag) => root.appendChild(document.createElement(tag)));
  [answer.className, answer.ariaLive] = ["answer", "polite"];
  legend.innerHTML = `<span class="key" style="border: 3px solid var(--pulled); box-sizing: border-box"></span> atom A,
    the one you move (open bar) <span class="key" style="background: var(--other)"></span> its neighbours; square in the
    crystal and letter crossed out: beyond the cutoff of A<br>thick line: the force on A; thin line: what A's own energy alone
    would give, to the same scale. Drag A, or use the sliders.`;
  table.className = "controls";
  const limit = model.get("farthest");
  const set = (shift) => {
    model.set("shift", shift.map((x) => Math.round(20 * Math.min(limit, Math.max(-limit, x))) / 20));
    model.save_changes();
  };
  const refresh = ["x", "y", "z"].map((axis, index) => {
    const [label, input, shown] = ["label", "input", "output"].map((tag) =>
      table.appendChild(document.createElement(tag)));
    label.textContent = `Atom A along ${axis}`;
    label.htmlFor = input.id = `atomic-energies-${view}-${axis}`;
    input.dataset.lmSuppressShortcuts = "true"; // else JupyterLab takes the arrow keys to fold headings
    Object.assign(input, { type: "range", min: -limit, max: limit, step: 0.05 });
    input.addEventListener("input", () => set(model.get("shift").map((x, k) => k === index ? Number(input.value) : x)));
    return () => {
      input.value = model.get("shift")[index];
      shown.textContent = `${model.get("shift")[index].toFixed(2)} Å`;
      input.setAttribute("aria-valuetext", shown.textContent);
    };
  });
  const sliders = () => refresh.forEach((one) => one());
  const redraw = () => {
    const picture = model.get("picture");
    svg.replaceChildren();
    const words = picture.changes.map((value, k) => `${NAMES[k]} ${(1000 * value).toFixed(0)}`);
    svg.setAttribute("aria-label", `Sixteen atoms and how much their energies change, in meV: ${words.join(", ")}.`);
    drawCrystal(svg, picture);
    drawBars(svg, picture);
    answer.textContent = picture.text;
  };
  let held = false;
  svg.addEventListener("pointerdown", (event) => {
    held = event.target.closest(".pulled") !== null;
    if (held) { svg.setPointerCapture(event.pointerId); event.preventDefault(); }
  });
  svg.addEventListener("pointermove", (event) => {
    if (!held) return;
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    set([(x - LEFT) / SCALE, model.get("shift")[1], (BOTTOM - y) / SCALE]);
  });
  for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { held = false; });
  model.on("change:picture", redraw);
  model.on("change:shift", sliders);
  redraw();
  sliders();
  return () => { model.off("change:picture", redraw); model.off("change:shift", sliders); };
}
export default { render };
