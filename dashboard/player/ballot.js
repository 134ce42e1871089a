/* One trial: two clips on one clock, the questions, and one message with the answers and what was watched. */
export default function (component) {
  const { parentElement, setTriggerValue } = component;
  const data = JSON.parse(component.data.trial);
  const root = parentElement.querySelector(".ballot");
  const find = (name) => root.querySelector(name);
  const show = (element, on) => { element.hidden = !on; };
  find(".message").textContent = data.message;
  show(find(".message"), Boolean(data.message));
  const shownAs = `${data.assignment} ${data.done} ${data.session} ${data.attempt}`;
  if (root.dataset.shown === shownAs) { return root.cleanup; }
  if (root.cleanup) { root.cleanup(); }
  root.dataset.shown = shownAs;
  root.dataset.assignment = data.assignment;

  const videos = [find(".left video"), find(".right video")];
  videos[0].src = data.left;
  videos[1].src = data.right;
  find(".progress span").style.width = `${100 * data.done / Math.max(1, data.total)}%`;
  find(".progress").setAttribute("aria-valuenow", String(Math.round(100 * data.done / Math.max(1, data.total))));
  find(".count").textContent = `${data.done} of ${data.total}`;
  show(find(".practice"), data.practice);
  const preload = (url) => {
    const video = document.createElement("video");
    video.preload = "auto";
    video.muted = true;
    video.src = url;
    return video;
  };
  const preloadNext = () => { if (!find(".ahead").childElementCount) { find(".ahead").replaceChildren(...data.next.map(preload)); } };
  find(".ahead").replaceChildren();
  find(".prompt").textContent = data.prompt;
  show(find(".prompt"), Boolean(data.prompt));

  const seen = { shownAt: new Date(), unlockedAt: null, hidden: 0, hiddenSince: null };
  const answers = {};
  let question = 0;
  let sent = false;
  const seek = find(".seek");
  const fps = data.fps;
  const clock = new Clock(videos, fps, () => {
    const share = Number.isFinite(clock.duration) ? clock.time / clock.duration : 0;
    if (root.getRootNode().activeElement !== seek) { seek.value = 1000 * share; }
    find(".play").textContent = clock.playing ? "Pause" : "Play";
    if (clock.ready()) { preloadNext(); }
    find(".time").textContent = Number.isFinite(clock.duration) ? `${clock.time.toFixed(1)} / ${clock.duration.toFixed(1)} s` : "";
    if (clock.whole && !seen.unlockedAt) { seen.unlockedAt = new Date(); draw(); }
    if (clock.broken() !== root.classList.contains("broken")) { root.classList.toggle("broken", clock.broken()); draw(); }
    root.dataset.state = clock.playing ? "playing" : "paused";
    root.dataset.syncError = clock.maxSyncError.toFixed(1);
    root.dataset.plays = String(clock.plays);
  });
  root.clock = clock;

  const draw = () => {
    const criterion = data.criteria[question];
    find(".question").textContent = data.questions[question];
    show(find(".skip"), question > 0);
    for (const button of root.querySelectorAll("[data-outcome]")) {
      const technical = button.dataset.outcome === "cannot_play";
      button.disabled = sent || (technical ? question > 0 : !seen.unlockedAt);
      button.classList.toggle("chosen", answers[criterion] === button.dataset.outcome);
    }
    find(".undo").disabled = sent || (data.done === 0 && question === 0);
    find(".hint").textContent = sent ? "Saving …"
      : root.classList.contains("broken") ? "A video does not play here: press N, and the pair comes again later."
      : seen.unlockedAt ? "" : "You can answer once both videos have played to the end.";
  };

  const submit = () => {
    sent = true;
    clock.pause();
    const now = new Date();
    if (seen.hiddenSince) { seen.hidden += now - seen.hiddenSince; }
    const nonce = crypto.randomUUID ? crypto.randomUUID() : `${now.getTime()}-${Math.random().toString(36).slice(2)}`;
    setTriggerValue("vote", {
      assignment_id: data.assignment, session: data.session, nonce, answers, comment: comment.value.trim(),
      telemetry: {
        shown_at: seen.shownAt.toISOString(), unlocked_at: (seen.unlockedAt || now).toISOString(), voted_at: now.toISOString(),
        watch_ms_left: Math.round(clock.watched), watch_ms_right: Math.round(clock.watched), plays: clock.plays,
        stalls: clock.stalls, max_sync_error_ms: clock.maxSyncError, hidden_ms: Math.round(seen.hidden),
        viewport: [window.innerWidth, window.innerHeight], device_pixel_ratio: window.devicePixelRatio, app_version: data.version,
      },
    });
    draw();
  };
  const answer = (outcome) => {
    const technical = outcome === "cannot_play";
    if (sent || (technical ? question > 0 : !seen.unlockedAt)) { return; }
    answers[data.criteria[question]] = outcome;
    next(technical);
  };
  const next = (last) => {
    question += 1;
    if (last || question >= data.criteria.length) { question = data.criteria.length - 1; submit(); } else { draw(); }
  };
  const skip = () => { if (!sent && question > 0) { next(false); } };
  const undo = () => {
    if (sent || find(".undo").disabled) { return; }
    if (question > 0) { question -= 1; delete answers[data.criteria[question]]; draw(); return; }
    sent = true;
    draw();
    setTriggerValue("undo", { session: data.session, nonce: String(Date.now()) });
  };

  const comment = find(".comment");
  comment.value = "";
  const remark = (on) => {
    show(comment, on);
    find(".remark").setAttribute("aria-expanded", String(on));
    if (on) { comment.focus(); } else { root.focus({ preventScroll: true }); }
  };
  show(comment, false);
  find(".remark").setAttribute("aria-expanded", "false");
  comment.onkeydown = (event) => { if (event.key === "Escape") { remark(false); } };

  const stage = find(".stage");
  const front = (name) => {
    for (const pane of stage.querySelectorAll(".pane")) { pane.classList.toggle("front", pane.classList.contains(name)); }
  };
  const single = (on) => {
    stage.classList.toggle("single", on);
    find(".mode").textContent = on ? "Side by side" : "One at a time";
    find(".mode").setAttribute("aria-pressed", String(on));
    show(find(".flip"), on);
  };
  const flip = () => { if (stage.classList.contains("single")) { front(find(".pane.left").classList.contains("front") ? "right" : "left"); } };
  front("left");
  const speeds = [...find(".speed").options].map((option) => Number(option.value));
  const speed = (value) => { find(".speed").value = String(value); clock.setRate(value); };
  const faster = (step) => speed(speeds[Math.max(0, Math.min(speeds.length - 1, speeds.indexOf(clock.rate) + step))]);
  const loop = (on) => { find(".loop").checked = on; clock.loop = on; };

  const clicks = [];
  const click = (selector, act) => { const element = find(selector); element.onclick = act; clicks.push(element); };
  click(".play", () => clock.toggle());
  click(".back", () => clock.stepFrames(-1));
  click(".forth", () => clock.stepFrames(1));
  click(".mode", () => single(!stage.classList.contains("single")));
  click(".flip", flip);
  click(".skip", skip);
  click(".undo", undo);
  click(".remark", () => remark(comment.hidden));
  for (const button of root.querySelectorAll("[data-outcome]")) { button.onclick = () => answer(button.dataset.outcome); clicks.push(button); }
  find(".speed").onchange = (event) => clock.setRate(Number(event.target.value));
  find(".loop").onchange = (event) => loop(event.target.checked);
  seek.oninput = () => clock.moveTo(clock.duration * seek.value / 1000);
  seek.onchange = () => seek.blur();

  const keys = {
    ArrowLeft: () => answer("left"), ArrowRight: () => answer("right"), ArrowDown: () => answer("tie"), ArrowUp: () => answer("both_bad"),
    n: () => answer("cannot_play"), u: undo, Enter: skip, " ": () => clock.toggle(),
    ",": () => clock.stepFrames(-1), ".": () => clock.stepFrames(1), "[": () => faster(-1), "]": () => faster(1),
    l: () => loop(!clock.loop), m: () => single(!stage.classList.contains("single")), x: flip, c: () => remark(true),
  };
  const press = (event) => {
    const act = keys[event.key] || keys[event.key.toLowerCase()];
    const target = event.composedPath()[0];
    const forButton = target.tagName === "BUTTON" && (event.key === " " || event.key === "Enter");
    if (!act || event.repeat && !",.".includes(event.key) || forButton || isTyping(event) || target === seek) { return; }
    event.preventDefault();
    act();
  };
  const visibility = () => {
    if (document.hidden) { seen.hiddenSince = new Date(); clock.pause(); }
    else if (seen.hiddenSince) { seen.hidden += new Date() - seen.hiddenSince; seen.hiddenSince = null; }
  };
  document.addEventListener("keydown", press);
  document.addEventListener("visibilitychange", visibility);
  root.cleanup = () => {
    document.removeEventListener("keydown", press);
    document.removeEventListener("visibilitychange", visibility);
    for (const element of clicks) { element.onclick = null; }
    clock.stop();
    delete root.dataset.shown;
  };
  draw();
  clock.play();
  root.focus({ preventScroll: true });
  return root.cleanup;
}
