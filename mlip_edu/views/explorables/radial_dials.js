// Four atoms in a plane, a group of bars for each of them, and what one neighbour at r adds to a bar.

const SCALE = 27; // pixels an Å
const X = (x) => 10 + SCALE * x, Y = (y) => 290 - SCALE * y; // of the plane, 10 Å wide
const chosen = (model) => LETTERS.indexOf(model.get("chosen"));

function draw(svg, model) {
  const picture = model.get("picture");
  const words = picture.rows.map((row, k) => `${LETTERS[k]}: ${row.map((value) => value.toFixed(2)).join(", ")}`);
  svg.setAttribute("viewBox", "0 0 780 330");
  svg.setAttribute("aria-label", `Four atoms and their features. ${picture.text} ${words.join(". ")}.`);
  drawPlane(svg, picture, chosen(model));
  drawBars(svg, picture);
  drawCurves(svg, picture.curves);
}

function drawPlane(svg, { positions, cutoff }, one) {
  const [x, y] = positions[one];
  const plane = addWindow(svg, X(0), Y(10), 10 * SCALE, 10 * SCALE);
  add(plane, "circle", { cx: X(x), cy: Y(y), r: SCALE * cutoff, fill: "none", stroke: "currentColor",
    "stroke-dasharray": "2 5" });
  line(svg, [[X(0.5), Y(0.4)], [X(2.5), Y(0.4)]], { stroke: "currentColor", "stroke-width": 3 });
  write(svg, X(1.5), Y(0.75), "2 Å");
  write(svg, X(5), 312, `dotted: cutoff of atom ${LETTERS[one]}, ${cutoff} Å`);
  positions.forEach(([x, y], k) =>
    drawAtom(svg, X(x), Y(y), 13, LETTERS[k], { name: LETTERS[k], "stroke-width": k === one ? 3.5 : 1.5 }));
}

function drawBars(svg, { rows, names }) {
  const top = Math.max(0.05, ...rows.flat()), wide = 112, bar = wide / (names.length + 1);
  write(svg, 540, 15, `features, no unit; the highest bar is ${top.toFixed(2)}`);
  rows.forEach((row, k) => {
    const left = 305 + k * 118;
    line(svg, [[left, 190], [left + wide - bar, 190]], { stroke: "currentColor" });
    write(svg, left + (wide - bar) / 2, 220, `atom ${LETTERS[k]}`, { "font-weight": 700 });
    row.forEach((value, column) => {
      const height = 165 * value / top, x = left + column * bar;
      add(svg, "rect", { x, y: 190 - height, width: 0.8 * bar, height, fill: column ? "var(--blue)" : "none",
        stroke: column ? "none" : "var(--vermillion)", "stroke-width": 3 });
      write(svg, x + 0.4 * bar, 203, names[column].slice(-1), { "font-size": 11 });
    });
  });
}

function drawCurves(svg, curves) {
  const R = (r) => 330 + 90 * (r - 1.5);
  const curve = (column, stroke, dash) => {
    const highest = Math.max(1e-9, ...curves.map((row) => row[column]));
    line(svg, curves.map((row) => [R(row[0]), 300 - 62 * row[column] / highest]),
      { stroke, "stroke-width": 2.5, "stroke-dasharray": dash });
  };
  curve(1, "var(--vermillion)", "none");
  curve(2, "var(--blue)", "7 4");
  line(svg, [[R(1.5), 300], [R(5.5), 300]], { stroke: "currentColor" });
  for (const r of [2, 3, 4, 5]) write(svg, R(r), 313, r, { "font-size": 11 });
  write(svg, R(5.5) + 18, 313, "r (Å)");
  write(svg, 774, 246, "one neighbour at r adds", { "font-size": 11, "text-anchor": "end" });
}

const legend = `<span><i class="bar" style="border: 3px solid var(--vermillion)"></i> Behler's G2: open bar, full
  curve</span> <span><i class="bar" style="background: var(--blue)"></i> RANN's F₀ … Fₙ: filled bars; dashed curve:
  Fₙ</span> <span>(each curve to its own height)</span><br>Drag an atom, or choose one and use the sliders.`;
const watched = ["picture", "chosen"];
const axes = ["x", "y"]; // of the chosen atom
const keys = (name, model) => axes.includes(name) ? ["positions", chosen(model), axes.indexOf(name)] : [name];
const grab = (atom, set) => set("chosen", atom);
const pull = (atom, x, y, set) => { set("x", (x - X(0)) / SCALE); set("y", (Y(0) - y) / SCALE); };
export default { render: (view) => panel(view, { name: "radial-dials", draw, legend, watched, keys, grab, pull }) };
