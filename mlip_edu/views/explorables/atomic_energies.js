// Sixteen atoms of a crystal, the force on one of them, and a bar for what each atomic energy E_i has changed by.

const SCALE = 26; // pixels an Å
const X = (x) => 62 + SCALE * x, Z = (z) => 318 - SCALE * z;

function draw(svg, model) {
  const picture = model.get("picture"), changes = picture.changes.map((value) => 1000 * value);
  const words = changes.map((value, k) => `${LETTERS[k]} ${value.toFixed(0)}`);
  svg.setAttribute("viewBox", "0 0 780 365");
  svg.setAttribute("aria-label", `Sixteen atoms and how much their energies change, in meV: ${words.join(", ")}.`);
  drawCrystal(svg, picture);
  drawBars(svg, changes, picture.reached);
}

function drawCrystal(svg, picture) {
  const [wide, , high] = picture.cell;
  add(svg, "rect", { x: X(-0.7), y: Z(high - 0.7), width: SCALE * wide, height: SCALE * high, fill: "none",
    stroke: "currentColor", "stroke-dasharray": "2 4" });
  line(svg, [[X(5.2), Z(0)], [X(5.2), Z(2)]], { stroke: "currentColor", "stroke-width": 3 });
  write(svg, X(5.2) + 20, Z(1) + 4, "2 Å");
  write(svg, X(2), 352, "x →, z ↑; y into the screen");
  const [x0, , z0] = picture.positions[0];
  const drawn = Math.min(0.5, 2.2 / Math.hypot(...picture.force)); // Å for 1 eV/Å
  for (const [name, stroke, wide] of [["force", "var(--vermillion)", 8], ["own", "currentColor", 2.5]]) {
    const [fx, , fz] = picture[name];
    line(svg, [[X(x0), Z(z0)], [X(x0 + drawn * fx), Z(z0 + drawn * fz)]], { stroke, "stroke-width": wide });
  }
  picture.positions.forEach(([x, , z], k) => {
    const reached = picture.reached[k];
    const stroke = k ? (reached ? "var(--blue)" : "currentColor") : "var(--vermillion)";
    drawAtom(svg, X(x), Z(z), 11, LETTERS[k], { name: k ? undefined : "A", square: !reached, font: 12, stroke,
      "stroke-width": 2.5 });
  });
}

function drawBars(svg, changes, reached) {
  const most = Math.max(...changes.map(Math.abs));
  const top = [5, 10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 3000, 5000].find((value) => value >= most) ?? most;
  const left = 300, wide = 28, zero = 190, tall = 140;
  write(svg, 530, 20, "E_i less its value in the crystal (meV)");
  for (const value of [-top, -top / 2, 0, top / 2, top]) {
    const y = zero - tall * value / top;
    line(svg, [[left, y], [left + 16 * wide, y]], { stroke: "currentColor", "stroke-opacity": value ? 0.25 : 1 });
    write(svg, left - 6, y + 4, minus(value), { "text-anchor": "end", "font-size": 11 });
  }
  changes.forEach((value, k) => {
    const height = Math.max(0.5, Math.abs(value) * tall / top), x = left + k * wide + 5;
    add(svg, "rect", { x, y: value > 0 ? zero - height : zero, width: wide - 10, height,
      fill: k ? "var(--blue)" : "none", stroke: k ? "none" : "var(--vermillion)", "stroke-width": 3 });
    write(svg, x + wide / 2 - 5, 348, LETTERS[k], { "font-weight": k ? 400 : 700,
      "text-decoration": reached[k] ? "none" : "line-through" });
  });
}

const legend = `<span><i class="bar" style="border: 3px solid var(--vermillion)"></i> atom A, the one you move (open
  bar)</span> <span><i class="bar" style="background: var(--blue)"></i> its neighbours</span><br>square in the
  crystal and letter crossed out: beyond the cutoff of A<br>thick line: the force on A; thin line: what A's own energy
  alone would give, to the same scale<br>Drag A, or use the sliders.`;
const pull = (atom, x, z, set) => { set("shift.0", (x - X(0)) / SCALE); set("shift.2", (Z(0) - z) / SCALE); };
export default { render: (view) => panel(view, { name: "atomic-energies", draw, legend, pull }) };
