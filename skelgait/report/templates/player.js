// The player: one clock for the picture, the curves and the numbers. With a video on show, the video is the clock.
(function () {
  var root = document.getElementById("player");
  if (!root) return;
  var data = JSON.parse(document.getElementById("player-data").textContent);
  var find = function (name) { return root.querySelector("." + name); };
  var picture = find("picture"), body = find("body"), plot = find("plot"), slider = find("slider"), button = find("toggle");
  var readout = find("readout"), speed = find("speed"), tabs = find("tabs"), modes = find("modes"), remark = find("remark");
  var current = null, film = null, mode = "both", time = 0, playing = false, last = 0;

  function filmed() { return film !== null && mode !== "skeleton"; }
  function end() { return (current.n - 1) / current.fps; }
  function frameAt(t) { return Math.max(0, Math.min(current.n - 1, Math.round(t * current.fps))); }

  function drawPicture() {
    var on = filmed(), frame = frameAt(on && film.shown() >= 0 ? film.shown() : time);
    if (film) {
      var at = place(current, picture.clientWidth, picture.clientHeight);
      ["left", "top", "width", "height"].forEach(function (side) { film.element.style[side] = at[side] + "px"; });
      film.element.style.visibility = on ? "visible" : "hidden";
    }
    root.dataset.shown = on ? frameAt(film.shown()) : "";
    if (on && mode === "video") fit(body); else drawBody(body, current, frame, on);
  }

  // Everything but the film at a time; the film is either its source or told separately.
  function show(to) {
    time = Math.max(0, Math.min(end(), to));
    var frame = frameAt(time), clock = (current.start + time).toFixed(2) + " s", said = [clock];
    slider.value = time;
    root.dataset.frame = frame;
    root.dataset.time = time.toFixed(4);
    current.curves.forEach(function (curve) {
      var values = Object.keys(curve.lines).map(function (side) {
        var v = curve.lines[side][frame], name = side === "both" ? "" : data.words[side + "_short"] + " ";
        return name + (v === MISSING ? "\u2013" : String(Math.round(v / data.perDegree)).replace("-", "\u2212") + curve.unit);
      });
      said.push(curve.title + " " + values.join(", "));
    });
    readout.textContent = said.join("  \u00b7  ");
    slider.setAttribute("aria-valuetext", clock);
    drawPicture();
    drawPlot(plot, current, time, data);
  }

  function jump(to) {
    play(false);
    show(to);
    if (filmed()) film.seek(time);
  }

  function play(on) {
    playing = on;
    root.dataset.playing = String(on);
    button.textContent = on ? data.words.pause : data.words.play;
    if (!on) {
      if (film) film.stop();
      return;
    }
    if (time >= end() - 0.5 / current.fps) show(0);
    last = 0;
    if (filmed()) film.play(time, Number(speed.value)); else window.requestAnimationFrame(tick);
  }

  function tick(now) {
    if (!playing || filmed()) return;
    if (last) show(time + (now - last) / 1000 * Number(speed.value));
    last = now;
    if (time >= end()) play(false); else window.requestAnimationFrame(tick);
  }

  function onPicture(at) {
    if (!filmed()) return;
    if (playing) show(at); else drawPicture();
  }

  function roll(recording) {
    if (film) {
      film.stop();
      film.element.remove();
      film = null;
    }
    if (!recording.clip) return;
    if (!recording.film)
      recording.film = makeFilm(recording.clip, recording.fps, function (at) { if (current === recording) onPicture(at); },
        function () { if (current === recording && playing) { show(end()); play(false); } },
        function () {
          recording.clip = recording.film = null;
          recording.note = data.words.not_played;
          if (current === recording) choose(data.recordings.indexOf(recording));
        });
    film = recording.film;
    picture.insertBefore(film.element, body);
  }

  function setMode(to) {
    var was = playing;
    play(false);
    mode = to;
    root.dataset.mode = film ? mode : "skeleton";
    Array.prototype.forEach.call(modes.children, function (one) { one.setAttribute("aria-pressed", String(one.dataset.mode === mode)); });
    jump(time);
    if (was) play(true);
  }

  function choose(index) {
    play(false);
    current = load(data.recordings[index], data.perDegree);
    Array.prototype.forEach.call(tabs.children, function (tab, i) { tab.setAttribute("aria-pressed", String(i === index)); });
    root.dataset.recording = index;
    roll(current);
    modes.hidden = !film;
    remark.textContent = current.note;
    slider.max = end();
    slider.step = "any";
    time = Math.min(current.first, end());
    setMode(mode);
  }

  function seek(event) {
    var box = plot.getBoundingClientRect(), range = span(current, time);
    var share = (event.clientX - box.left - AXIS) / (box.width - AXIS - 6);
    jump(range[0] + Math.max(0, Math.min(1, share)) * (range[1] - range[0]));
  }

  function add(group, text, act) {
    var one = document.createElement("button");
    one.type = "button";
    one.textContent = text;
    one.addEventListener("click", act);
    group.appendChild(one);
    return one;
  }

  button.addEventListener("click", function () { play(!playing); });
  speed.addEventListener("change", function () { if (film) film.speed(Number(speed.value)); });
  slider.addEventListener("input", function () { jump(Number(slider.value)); });
  plot.addEventListener("pointerdown", function (event) {
    if (plot.setPointerCapture) try { plot.setPointerCapture(event.pointerId); } catch (error) { /* the pointer is gone */ }
    seek(event);
  });
  plot.addEventListener("pointermove", function (event) { if (event.buttons & 1) seek(event); });
  root.addEventListener("keydown", function (event) {
    var by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (event.target === speed) return;
    if (by) {
      event.preventDefault();
      jump((frameAt(time) + by * (event.shiftKey ? 10 : 1)) / current.fps);
    } else if (event.key === " " && event.target.tagName !== "BUTTON") {
      event.preventDefault();
      play(!playing);
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      jump(event.key === "Home" ? 0 : end());
    }
  });
  data.recordings.forEach(function (recording, index) { add(tabs, recording.label, function () { choose(index); }); });
  ["both", "video", "skeleton"].forEach(function (one) {
    add(modes, data.words[one], function () { setMode(one); }).dataset.mode = one;
  });
  tabs.hidden = data.recordings.length < 2;
  if (!data.recordings.length) return;
  root.hidden = false;
  window.addEventListener("resize", function () { show(time); });
  choose(0);
})();
