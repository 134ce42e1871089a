/* The clip wall: tiles and filmstrips of one task, all on one clock. */
export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".wall");
  const find = (name) => root.querySelector(name);
  if (root.dataset.key === data.key) { return root.cleanup; }
  if (root.cleanup) { root.cleanup(); }
  root.dataset.key = data.key;
  root.classList.remove("differing");
  find(".difference").checked = false;
  find(".difference-label").hidden = !data.truth;

  const videos = [];
  const player = (url, name, label) => {
    const video = document.createElement("video");
    video.src = url;
    video.className = name;
    if (label) { video.setAttribute("aria-label", label); } else { video.setAttribute("aria-hidden", "true"); }
    videos.push(video);
    return video;
  };
  const tile = (card) => {
    const figure = document.createElement("figure");
    const caption = figure.appendChild(document.createElement("figcaption"));
    const dot = caption.appendChild(document.createElement("span"));
    dot.className = "dot";
    dot.style.background = card.colour;
    caption.appendChild(document.createElement("span")).textContent = card.system;
    const role = caption.appendChild(document.createElement("span"));
    role.className = "role";
    role.textContent = card.note;
    if (!card.url) {
      const box = figure.appendChild(document.createElement("div"));
      box.className = "missing";
      box.textContent = card.problem;
      return figure;
    }
    const screen = figure.appendChild(document.createElement("div"));
    screen.className = "screen";
    screen.appendChild(player(card.url, "own", `clip of ${card.system}`));
    if (data.truth && card.url !== data.truth) { screen.appendChild(player(data.truth, "truth", "")); }
    return figure;
  };
  find(".tiles").replaceChildren(...data.cards.map(tile));

  const heads = [];
  const strip = (card) => {
    const row = document.createElement("div");
    row.className = "strip";
    const name = row.appendChild(document.createElement("span"));
    name.className = "name";
    name.textContent = card.system;
    const film = row.appendChild(document.createElement("div"));
    film.className = "film";
    const image = film.appendChild(document.createElement("img"));
    image.src = card.strip;
    image.loading = "lazy";
    image.alt = `frames of ${card.system} from first to last`;
    const head = film.appendChild(document.createElement("div"));
    head.className = "head";
    heads.push(head);
    film.onclick = (event) => clock.moveTo(clock.duration * event.offsetX / film.clientWidth);
    return row;
  };
  find(".strips").replaceChildren(...data.cards.filter((card) => card.strip).map(strip));

  const seek = find(".seek");
  const clock = new Clock(videos, data.fps, () => {
    const share = Number.isFinite(clock.duration) ? clock.time / clock.duration : 0;
    if (root.getRootNode().activeElement !== seek) { seek.value = 1000 * share; }
    const frame = Math.min(data.frames - 1, Math.floor(clock.time * data.fps + 1e-6));
    find(".where").textContent = `frame ${frame} · ${clock.time.toFixed(2)} s`;
    find(".play").textContent = clock.playing ? "Pause" : "Play";
    for (const head of heads) { head.style.left = `calc(${100 * share}% - 1px)`; }
  });
  root.clock = clock;
  find(".play").onclick = () => clock.toggle();
  find(".back").onclick = () => clock.stepFrames(-1);
  find(".forth").onclick = () => clock.stepFrames(1);
  find(".speed").onchange = (event) => clock.setRate(Number(event.target.value));
  find(".loop").onchange = (event) => { clock.loop = event.target.checked; };
  seek.oninput = () => clock.moveTo(clock.duration * seek.value / 1000);
  seek.onchange = () => seek.blur();
  const differ = (on) => { find(".difference").checked = on; root.classList.toggle("differing", on); };
  find(".difference").onchange = (event) => differ(event.target.checked);

  const keys = {
    " ": () => clock.toggle(), ",": () => clock.stepFrames(-1), ".": () => clock.stepFrames(1),
    d: () => data.truth && differ(!root.classList.contains("differing")),
  };
  const press = (event) => {
    const act = keys[event.key.toLowerCase()];
    const onButton = event.composedPath()[0].tagName === "BUTTON" && event.key === " ";
    if (act && !onButton && !isTyping(event)) { event.preventDefault(); act(); }
  };
  document.addEventListener("keydown", press);
  root.cleanup = () => { document.removeEventListener("keydown", press); clock.stop(); delete root.dataset.key; };
  return root.cleanup;
}
