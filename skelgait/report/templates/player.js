"use strict";
(function () {
  var root = document.getElementById("player");
  if (!root) return;
  var data = JSON.parse(document.getElementById("player-data").textContent);
  var find = function (name) { return root.querySelector("." + name); };
  var body = find("body"), plot = find("plot"), slider = find("slider"), button = find("toggle"), readout = find("readout");
  var speed = find("speed"), tabs = find("tabs");
  var WINDOW_S = 8, MISSING = -32768, AXIS = 46, INK = "#1f2a36", MUTED = "#5d6b7a", RULE = "#d7dde4";
  var current = null, frame = 0, playing = false, last = 0, owed = 0;

  function unpack(text) {
    var raw = atob(text), view = new DataView(new ArrayBuffer(raw.length)), out = new Int16Array(raw.length / 2);
    for (var i = 0; i < raw.length; i++) view.setUint8(i, raw.charCodeAt(i));
    for (var k = 0; k < out.length; k++) out[k] = view.getInt16(2 * k, true);
    return out;
  }

  function load(recording) {
    if (recording.ready) return recording;
    var i, low = Infinity, high = -Infinity, wide = 0, xy = recording.pose = unpack(recording.xy);
    for (i = 0; i < xy.length; i += 2) {
      if (xy[i] === MISSING) continue;
      wide = Math.max(wide, Math.abs(xy[i]));
      low = Math.min(low, xy[i + 1]);
      high = Math.max(high, xy[i + 1]);
    }
    recording.box = { wide: Math.min(wide, 1.6 * data.perLeg) * 1.06, low: low, high: high };
    recording.curves.forEach(function (curve) {
      curve.lines = {};
      curve.low = Infinity;
      curve.high = -Infinity;
      ["left", "right", "both"].forEach(function (side) {
        if (!curve[side]) return;
        var line = curve.lines[side] = unpack(curve[side]);
        for (i = 0; i < line.length; i++) {
          if (line[i] === MISSING) continue;
          curve.low = Math.min(curve.low, line[i]);
          curve.high = Math.max(curve.high, line[i]);
        }
      });
      var middle = (curve.low + curve.high) / 2, half = Math.max((curve.high - curve.low) / 2, 10 * data.perDegree) * 1.12;
      curve.low = middle - half;
      curve.high = middle + half;
    });
    recording.ready = true;
    return recording;
  }

  function fit(canvas) {
    var ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    var pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    return { pen: pen, width: width, height: height };
  }

  function drawBody() {
    var c = fit(body), pen = c.pen, box = current.box, n = current.points, from = frame * n * 2;
    var scale = Math.min(c.width / (2 * box.wide), (c.height - 24) / (box.high - box.low));
    var x = function (k) { return c.width / 2 + current.pose[from + 2 * k] * scale; };
    var y = function (k) { return 12 + (current.pose[from + 2 * k + 1] - box.low) * scale; };
    var seen = function (k) { return current.pose[from + 2 * k] !== MISSING; };
    var floor = 12 + (box.high - box.low) * scale + 4;
    pen.strokeStyle = RULE;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.moveTo(0, floor);
    pen.lineTo(c.width, floor);
    pen.stroke();
    pen.lineCap = "round";
    pen.lineWidth = Math.max(3, c.height / 85);
    current.bones.forEach(function (bone) {
      if (!seen(bone[0]) || !seen(bone[1])) return;
      pen.strokeStyle = bone[2];
      pen.beginPath();
      pen.moveTo(x(bone[0]), y(bone[0]));
      pen.lineTo(x(bone[1]), y(bone[1]));
      pen.stroke();
    });
  }

  function span() {
    var length = current.n / current.fps;
    if (length <= WINDOW_S * 1.25) return [0, length];
    var start = Math.min(Math.floor(frame / current.fps / WINDOW_S) * WINDOW_S, length - WINDOW_S);
    return [Math.max(0, start), Math.max(0, start) + WINDOW_S];
  }

  function drawPlot() {
    var c = fit(plot), pen = c.pen, range = span(), rows = current.curves.length || 1, foot = 40;
    var tall = (c.height - foot) / rows;
    var x = function (t) { return AXIS + (t - range[0]) / (range[1] - range[0]) * (c.width - AXIS - 6); };
    pen.font = "11px sans-serif";
    pen.textBaseline = "middle";
    if (!current.curves.length) {
      pen.fillStyle = MUTED;
      pen.fillText(data.words.no_curves, AXIS, tall / 2);
    }
    current.curves.forEach(function (curve, row) {
      var top = row * tall + 17, bottom = (row + 1) * tall - 7;
      var y = function (v) { return bottom - (v - curve.low) / (curve.high - curve.low) * (bottom - top); };
      var step = (curve.high - curve.low) / data.perDegree > 75 ? 30 : (curve.high - curve.low) / data.perDegree > 45 ? 20 : 10;
      pen.textAlign = "left";
      pen.fillStyle = INK;
      pen.font = "bold 11.5px sans-serif";
      pen.fillText(curve.title, AXIS, top - 9);
      var after = pen.measureText(curve.title).width;
      pen.font = "11px sans-serif";
      pen.fillStyle = MUTED;
      pen.fillText("+ " + curve.plus + "  \u2212 " + curve.minus, AXIS + after + 8, top - 9);
      pen.textAlign = "right";
      pen.lineWidth = 1;
      for (var v = Math.ceil(curve.low / data.perDegree / step) * step; v * data.perDegree <= curve.high; v += step) {
        pen.strokeStyle = v === 0 ? "#9aa5b1" : RULE;
        pen.beginPath();
        pen.moveTo(AXIS, y(v * data.perDegree));
        pen.lineTo(c.width - 6, y(v * data.perDegree));
        pen.stroke();
        pen.fillText(String(v).replace("-", "\u2212") + curve.unit, AXIS - 6, y(v * data.perDegree));
      }
      Object.keys(curve.lines).forEach(function (side) {
        var line = curve.lines[side], open = false, first = Math.max(0, Math.floor(range[0] * current.fps));
        pen.strokeStyle = data.colours[side] || "#4c5866";
        pen.setLineDash(side === "right" ? [6, 3] : []);
        pen.lineWidth = 1.6;
        pen.beginPath();
        for (var i = first; i < line.length && i <= range[1] * current.fps + 1; i++) {
          if (line[i] === MISSING) { open = false; continue; }
          if (open) pen.lineTo(x(i / current.fps), y(line[i])); else pen.moveTo(x(i / current.fps), y(line[i]));
          open = true;
        }
        pen.stroke();
        pen.setLineDash([]);
      });
    });
    ["left", "right"].forEach(function (side, row) {
      var y = c.height - foot + 6 + row * 8;
      pen.fillStyle = data.colours[side];
      current.stances[side].forEach(function (stance) {
        var a = x(Math.max(stance[0], range[0])), b = x(Math.min(stance[1], range[1]));
        if (b > a) pen.fillRect(a, y, b - a, 5);
      });
    });
    pen.fillStyle = MUTED;
    pen.textAlign = "center";
    for (var t = Math.ceil(range[0]); t <= range[1]; t++) pen.fillText(t + " s", Math.min(x(t), c.width - 12), c.height - 9);
    pen.strokeStyle = INK;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(x(frame / current.fps), 2);
    pen.lineTo(x(frame / current.fps), c.height - 20);
    pen.stroke();
  }

  function show(to) {
    frame = Math.max(0, Math.min(current.n - 1, Math.round(to)));
    slider.value = frame;
    root.dataset.frame = frame;
    var time = current.start + frame / current.fps;
    var said = [time.toFixed(2) + " s"];
    current.curves.forEach(function (curve) {
      var values = Object.keys(curve.lines).map(function (side) {
        var v = curve.lines[side][frame], name = side === "both" ? "" : data.words[side + "_short"] + " ";
        return name + (v === MISSING ? "\u2013" : String(Math.round(v / data.perDegree)).replace("-", "\u2212") + curve.unit);
      });
      said.push(curve.title + " " + values.join(", "));
    });
    readout.textContent = said.join("  \u00b7  ");
    slider.setAttribute("aria-valuetext", time.toFixed(2) + " s");
    drawBody();
    drawPlot();
  }

  function choose(index) {
    current = load(data.recordings[index]);
    Array.prototype.forEach.call(tabs.children, function (tab, i) { tab.setAttribute("aria-pressed", String(i === index)); });
    root.dataset.recording = index;
    slider.max = current.n - 1;
    slider.step = 1;
    show(0);
  }

  function play(on) {
    playing = on;
    root.dataset.playing = String(on);
    button.textContent = on ? data.words.pause : data.words.play;
    if (!on) return;
    if (frame >= current.n - 1) show(0);
    last = 0;
    owed = 0;
    window.requestAnimationFrame(tick);
  }

  function tick(now) {
    if (!playing) return;
    if (last) owed += (now - last) / 1000 * current.fps * Number(speed.value);
    last = now;
    if (owed >= 1) {
      var whole = Math.floor(owed);
      owed -= whole;
      show(frame + whole);
    }
    if (frame >= current.n - 1) play(false); else window.requestAnimationFrame(tick);
  }

  function seek(event) {
    var box = plot.getBoundingClientRect(), range = span();
    var share = (event.clientX - box.left - AXIS) / (box.width - AXIS - 6);
    show((range[0] + Math.max(0, Math.min(1, share)) * (range[1] - range[0])) * current.fps);
  }

  button.addEventListener("click", function () { play(!playing); });
  slider.addEventListener("input", function () { play(false); show(Number(slider.value)); });
  plot.addEventListener("pointerdown", function (event) {
    play(false);
    if (plot.setPointerCapture) try { plot.setPointerCapture(event.pointerId); } catch (error) { /* the pointer is gone */ }
    seek(event);
  });
  plot.addEventListener("pointermove", function (event) { if (event.buttons & 1) seek(event); });
  root.addEventListener("keydown", function (event) {
    var by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (event.target === speed) return;
    if (by) {
      event.preventDefault();
      play(false);
      show(frame + by * (event.shiftKey ? 10 : 1));
    } else if (event.key === " " && event.target !== button && event.target.parentNode !== tabs) {
      event.preventDefault();
      play(!playing);
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      play(false);
      show(event.key === "Home" ? 0 : current.n - 1);
    }
  });
  data.recordings.forEach(function (recording, index) {
    var tab = document.createElement("button");
    tab.type = "button";
    tab.textContent = recording.label;
    tab.addEventListener("click", function () { play(false); choose(index); });
    tabs.appendChild(tab);
  });
  tabs.hidden = data.recordings.length < 2;
  root.hidden = false;
  window.addEventListener("resize", function () { show(frame); });
  choose(0);
  play(false);
})();
