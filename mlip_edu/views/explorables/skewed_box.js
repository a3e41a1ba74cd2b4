// Two atoms A and B in a leaning periodic box, and the vectors from A to two images of B; in Å, drawn upside down.

const box = ([ax, [bx, by]], [x, y]) => `M${x} ${-y}h${ax}l${bx} ${-by}h${-ax}z`;
const square = (half, [x, y]) => `M${x - half} ${-y - half}h${2 * half}v${2 * half}h${-2 * half}z`;
const disc = (r, [x, y]) => `M${x - r} ${-y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;

function draw(svg, model) {
  const picture = model.get("picture"), [width, height] = picture.window, [[ax], b] = picture.cell;
  svg.setAttribute("viewBox", `${(ax + b[0] - width) / 2} ${-(b[1] + height) / 2} ${width} ${height}`);
  svg.setAttribute("aria-label", `Two atoms A and B in a leaning periodic box. ${picture.text}`);
  const outline = (d, more) => add(svg, "path", { d, fill: "none", stroke: "currentColor", ...more });
  // all images in one path a kind: a path each took the browser three times as long
  const images = (shape, size, [x, y]) => picture.copies.map(([dx, dy]) => shape(size, [x + dx, y + dy])).join("");
  outline(images(box, [ax, b], [0, 0]), { "stroke-width": 0.03, opacity: 0.5 });
  outline(images(disc, 0.22, picture.a), { stroke: "none", fill: "currentColor", opacity: 0.5 });
  outline(images(square, 0.25, picture.b), { "stroke-width": 0.06 });
  outline(box([ax, b], [0, 0]), { "stroke-width": 0.12 });
  outline(disc(picture.rounded_length, picture.a),
    { stroke: "var(--vermillion)", "stroke-width": 0.06, "stroke-dasharray": "0.08 0.22" });
  for (const name of ["rounded", "nearest"]) {
    const [stroke, dash] = name === "nearest" ? ["var(--blue)", "none"] : ["var(--vermillion)", "0.5 0.3"];
    const end = [0, 1].map((axis) => picture.a[axis] + picture[name][axis]);
    line(svg, [picture.a, end].map(([x, y]) => [x, -y]), { stroke, "stroke-width": 0.2, "stroke-dasharray": dash });
    if (name === "nearest") outline(square(0.36, end), { stroke: "none", fill: stroke });
    else outline(square(0.75, end), { stroke, "stroke-width": 0.14 });
  }
  for (const name of ["a", "b"]) {
    const [x, y] = picture[name];
    drawAtom(svg, x, -y, 0.62, name.toUpperCase(), { name, square: name === "b", font: 0.9, "stroke-width": 0.12 });
  }
}

const legend = `<span><i class="line" style="border-top: 4px dashed var(--vermillion)"></i> image by rounding (open
  square)</span> <span><i class="line" style="border-top: 4px solid var(--blue)"></i> nearest image (filled
  square)</span> <span><i class="line" style="border-top: 2px dotted var(--vermillion)"></i> all inside is nearer than
  rounding's answer</span><br>Drag A or B, or use the sliders.`;
const pull = (atom, x, y, set, model) => model.send({ atom, x, y: -y }); // Python brings it back into the box
export default { render: (view) => panel(view, { name: "skewed-box", draw, legend, pull }) };
