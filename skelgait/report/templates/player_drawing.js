// What the player draws: the skeleton in its window, and the curves with the cursor. Times are seconds from the first frame shown.
var WINDOW_S = 8, MISSING = -32768, AXIS = 46, FOOT = 40, INK = "#1f2a36", MUTED = "#5d6b7a", RULE = "#d7dde4";

function unpack(text) {
  var raw = atob(text), view = new DataView(new ArrayBuffer(raw.length)), out = new Int16Array(raw.length / 2);
  for (var i = 0; i < raw.length; i++) view.setUint8(i, raw.charCodeAt(i));
  for (var k = 0; k < out.length; k++) out[k] = view.getInt16(2 * k, true);
  return out;
}

function load(recording, perDegree) {
  if (recording.pose) return recording;
  recording.pose = unpack(recording.xy);
  recording.unsure = atob(recording.faint);
  recording.curves.forEach(function (curve) {
    curve.lines = {};
    curve.low = Infinity;
    curve.high = -Infinity;
    ["left", "right", "both"].forEach(function (side) {
      if (!curve[side]) return;
      var line = curve.lines[side] = unpack(curve[side]);
      for (var i = 0; i < line.length; i++) {
        if (line[i] === MISSING) continue;
        curve.low = Math.min(curve.low, line[i]);
        curve.high = Math.max(curve.high, line[i]);
      }
    });
    if (curve.low > curve.high) curve.low = curve.high = 0; // no value while the walker is in sight
    var middle = (curve.low + curve.high) / 2, half = Math.max((curve.high - curve.low) / 2, 10 * perDegree) * 1.12;
    curve.low = middle - half;
    curve.high = middle + half;
  });
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

// Where the window of a recording lies in the picture, pixels; the clip fills exactly this.
function place(recording, width, height) {
  var wide = recording.box[0], top = recording.box[1], bottom = recording.box[2];
  var scale = Math.min(width / (2 * wide), height / (bottom - top));
  return { scale: scale, left: width / 2 - wide * scale, top: height - (bottom - top) * scale, width: 2 * wide * scale, height: (bottom - top) * scale };
}

function drawBody(canvas, recording, frame, onFilm) {
  var c = fit(canvas), pen = c.pen, n = recording.points, from = frame * n * 2, at = place(recording, c.width, c.height);
  var x = function (k) { return c.width / 2 + recording.pose[from + 2 * k] * at.scale; };
  var y = function (k) { return at.top + (recording.pose[from + 2 * k + 1] - recording.box[1]) * at.scale; };
  var seen = function (k) { return recording.pose[from + 2 * k] !== MISSING; };
  var faint = function (k) { return recording.unsure.charCodeAt(frame * n + k) === 1; };
  var thick = Math.max(3, c.height / 85);
  pen.lineCap = "round";
  if (!onFilm) {
    pen.strokeStyle = RULE;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.moveTo(0, c.height - 5);
    pen.lineTo(c.width, c.height - 5);
    pen.stroke();
  }
  recording.bones.forEach(function (bone) {
    if (!seen(bone[0]) || !seen(bone[1])) return;
    pen.globalAlpha = faint(bone[0]) || faint(bone[1]) ? 0.3 : 1;
    [onFilm ? ["#ffffff", thick + 3] : null, [bone[2], thick]].forEach(function (style) {
      if (!style) return;
      pen.strokeStyle = style[0];
      pen.lineWidth = style[1];
      pen.beginPath();
      pen.moveTo(x(bone[0]), y(bone[0]));
      pen.lineTo(x(bone[1]), y(bone[1]));
      pen.stroke();
    });
  });
  pen.globalAlpha = 1;
}

// The stretch of time the plot shows: the whole recording, or of a long one the eight seconds the cursor is in.
function span(recording, time) {
  var length = recording.n / recording.fps;
  if (length <= WINDOW_S * 1.25) return [0, length];
  var start = Math.min(Math.floor(time / WINDOW_S) * WINDOW_S, length - WINDOW_S);
  return [Math.max(0, start), Math.max(0, start) + WINDOW_S];
}

function drawPlot(canvas, recording, time, data) {
  var c = fit(canvas), pen = c.pen, range = span(recording, time), rows = recording.curves.length || 1, fps = recording.fps;
  var tall = (c.height - FOOT) / rows, degree = data.perDegree;
  var x = function (t) { return AXIS + (t - range[0]) / (range[1] - range[0]) * (c.width - AXIS - 6); };
  var minus = function (v) { return String(v).replace("-", "\u2212"); };
  pen.font = "11px sans-serif";
  pen.textBaseline = "middle";
  if (!recording.curves.length) {
    pen.fillStyle = MUTED;
    pen.textAlign = "left";
    pen.fillText(data.words.no_curves, AXIS, tall / 2);
  }
  recording.curves.forEach(function (curve, row) {
    var top = row * tall + 17, bottom = (row + 1) * tall - 7;
    var y = function (v) { return bottom - (v - curve.low) / (curve.high - curve.low) * (bottom - top); };
    var step = (curve.high - curve.low) / degree > 75 ? 30 : (curve.high - curve.low) / degree > 45 ? 20 : 10;
    pen.textAlign = "left";
    pen.fillStyle = INK;
    pen.font = "bold 11.5px sans-serif";
    pen.fillText(curve.title, AXIS + 6, top - 9);
    var after = pen.measureText(curve.title).width;
    pen.font = "11px sans-serif";
    pen.fillStyle = MUTED;
    pen.fillText("+ " + curve.plus + "  \u2212 " + curve.minus, AXIS + 6 + after + 8, top - 9);
    pen.textAlign = "right";
    pen.lineWidth = 1;
    for (var v = Math.ceil(curve.low / degree / step) * step; v * degree <= curve.high; v += step) {
      pen.strokeStyle = v === 0 ? "#9aa5b1" : RULE;
      pen.beginPath();
      pen.moveTo(AXIS, y(v * degree));
      pen.lineTo(c.width - 6, y(v * degree));
      pen.stroke();
      pen.fillText(minus(v) + curve.unit, AXIS - 6, y(v * degree));
    }
    Object.keys(curve.lines).forEach(function (side) {
      var line = curve.lines[side], open = false, first = Math.max(0, Math.floor(range[0] * fps));
      pen.strokeStyle = data.colours[side] || "#4c5866";
      pen.setLineDash(side === "right" ? [6, 3] : []);
      pen.lineWidth = 1.6;
      pen.beginPath();
      for (var i = first; i < line.length && i <= range[1] * fps + 1; i++) {
        if (line[i] === MISSING) { open = false; continue; }
        if (open) pen.lineTo(x(i / fps), y(line[i])); else pen.moveTo(x(i / fps), y(line[i]));
        open = true;
      }
      pen.stroke();
      pen.setLineDash([]);
    });
  });
  ["left", "right"].forEach(function (side, row) {
    var y = c.height - FOOT + 6 + row * 8;
    pen.fillStyle = data.colours[side];
    recording.stances[side].forEach(function (stance) {
      var a = x(Math.max(stance[0], range[0])), b = x(Math.min(stance[1], range[1]));
      if (b > a) pen.fillRect(a, y, b - a, 5);
    });
  });
  pen.fillStyle = MUTED;
  pen.textAlign = "center";
  for (var t = Math.ceil(range[0] + recording.start); t <= range[1] + recording.start; t++)
    pen.fillText(t + " s", Math.min(x(t - recording.start), c.width - 12), c.height - 9);
  pen.strokeStyle = INK;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x(time), 2);
  pen.lineTo(x(time), c.height - 20);
  pen.stroke();
}
