/* One clock for several videos of equal length: they start together, stay together, stall together and loop together.
   No video follows another: all of them follow the mean of their own times, and who is off is nudged or moved. */
class Clock {
  static NUDGE = 0.015;   // seconds apart from which the playback rate is changed by 5 %
  static SEEK = 0.08;     // seconds apart from which the laggard is moved
  static SETTLE = 400;    // milliseconds after a start or a jump in which differences are not counted
  static WHOLE = 0.95;    // share of a clip that was played when all of it was seen: loops and jumps skip a few frames

  constructor(videos, fps, onTick) {
    this.videos = videos;
    this.fps = fps;
    this.onTick = onTick;
    this.rate = 1;
    this.loop = true;
    this.playing = false;
    this.watched = 0;        // milliseconds of the clip played, at whatever speed; all videos alike
    this.plays = 0;          // full passes from start to end
    this.pass = 0;           // milliseconds of the clip played since the last end
    this.whole = false;      // the end was reached and everything before it was played, be it in pieces
    this.stalls = 0;
    this.maxSyncError = 0;   // milliseconds
    this.quietUntil = 0;
    this.last = null;
    this.furthest = 0;
    this.frame = null;
    this.stopped = false;
    for (const video of videos) {
      video.muted = true;
      video.playsInline = true;
      video.preload = "auto";
      video.addEventListener("error", () => this.onTick());
      video.addEventListener("loadeddata", () => this.onTick());
    }
    const tick = (now) => { if (!this.stopped) { this.step(now); this.frame = requestAnimationFrame(tick); } };
    this.frame = requestAnimationFrame(tick);
  }

  stop() {
    this.stopped = true;
    cancelAnimationFrame(this.frame);
    for (const video of this.videos) { video.pause(); }
  }

  alive() { return this.videos.filter((video) => !video.error); }
  ready() { return this.alive().every((video) => video.readyState >= 3); }
  broken() { return this.videos.some((video) => video.error); }
  /* Share of the clip that was really played, not jumped over; of the video that was played least. */
  seen() {
    const played = (video) => [...Array(video.played.length).keys()].reduce((sum, k) => sum + video.played.end(k) - video.played.start(k), 0);
    return Math.min(...this.alive().map((video) => played(video) / video.duration));
  }
  get duration() { return Math.min(...this.alive().map((video) => video.duration || Infinity)); }
  get time() {
    const live = this.alive();
    return live.length ? live.reduce((sum, video) => sum + video.currentTime, 0) / live.length : 0;
  }

  async play() {
    this.playing = true;
    if (this.time >= this.duration - 1.5 / this.fps) { this.moveTo(0); }
    this.quietUntil = performance.now() + Clock.SETTLE;
  }

  pause() {
    this.playing = false;
    for (const video of this.videos) { video.pause(); }
    this.align();
  }

  toggle() { if (this.playing) { this.pause(); } else { this.play(); } }

  setRate(rate) { this.rate = rate; for (const video of this.videos) { video.playbackRate = rate; } }

  /* Half a frame inside the frame, so that rounding shows the frame that is meant. */
  moveTo(seconds) {
    const frame = Math.round(Math.max(0, Math.min(seconds, this.duration)) * this.fps);
    const inside = Math.max(0, Math.min((frame + 0.5) / this.fps, this.duration - 0.25 / this.fps));
    for (const video of this.alive()) { video.currentTime = frame === 0 ? 0 : inside; }
    this.quietUntil = performance.now() + Clock.SETTLE;
    this.last = null;
  }

  stepFrames(count) {
    this.pause();
    this.moveTo((Math.floor(this.time * this.fps + 1e-6) + count) / this.fps);
  }

  align() {
    const times = this.alive().map((video) => video.currentTime);
    if (times.length && Math.max(...times) - Math.min(...times) > 0.5 / this.fps) { this.moveTo(Math.min(...times)); }
  }

  step(now) {
    const live = this.alive();
    if (!live.length) { return; }
    if (this.playing) {
      if (!this.ready()) { this.hold(now); }
      else if (this.time >= this.duration - 1 / this.fps || live.some((video) => video.ended)) { this.atEnd(); }
      else { this.run(now, live); }
    } else { this.last = null; }
    this.onTick();
  }

  hold(now) {
    if (live_playing(this.videos)) {
      this.stalls += this.furthest > 0 ? 1 : 0;
      for (const video of this.videos) { video.pause(); }
    }
    this.quietUntil = now + Clock.SETTLE;
    this.last = null;
  }

  run(now, live) {
    for (const video of live) { if (video.paused) { video.playbackRate = this.rate; video.play().catch(() => {}); } }
    const time = this.time;
    this.furthest = Math.max(this.furthest, time);
    const went = this.last === null ? 0 : Math.max(0, Math.min(250 * this.rate, 1000 * (time - this.last)));
    this.watched += went;
    this.pass += went;
    this.last = time;
    const times = live.map((video) => video.currentTime);
    const apart = Math.max(...times) - Math.min(...times);
    if (now > this.quietUntil) { this.maxSyncError = Math.max(this.maxSyncError, apart * 1000); }
    for (const video of live) {
      const off = video.currentTime - time;
      if (Math.abs(off) > Clock.SEEK) { video.currentTime = time; this.quietUntil = now + Clock.SETTLE; }
      else if (Math.abs(off) > Clock.NUDGE) { video.playbackRate = this.rate * (off > 0 ? 0.95 : 1.05); }
      else if (video.playbackRate !== this.rate) { video.playbackRate = this.rate; }
    }
  }

  atEnd() {
    if (this.pass >= Clock.WHOLE * 1000 * this.duration) { this.plays += 1; }
    this.whole = this.whole || this.seen() >= Clock.WHOLE;
    this.pass = 0;
    if (this.loop) { for (const video of this.videos) { video.pause(); } this.moveTo(0); }
    else { this.pause(); }
  }
}

function live_playing(videos) { return videos.some((video) => !video.paused); }

/* Whether a key press belongs to something one types into or opens. */
function isTyping(event) {
  const target = event.composedPath()[0];
  return event.ctrlKey || event.metaKey || event.altKey
    || (target && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName || "")) && target.type !== "range");
}
