// The clip of a recording: a video element that is told a time, and tells the time of the picture it shows.
function makeFilm(uri, fps, onPicture, onEnd, onFail) {
  var video = document.createElement("video"), shown = -1, wanted = null, asked = false;
  video.muted = true;
  video.playsInline = true;
  video.setAttribute("playsinline", "");
  video.disablePictureInPicture = true;
  video.preload = "auto";
  video.tabIndex = -1;
  var raw = atob(uri.slice(uri.indexOf(",") + 1)), bytes = new Uint8Array(raw.length);
  for (var i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  // Out of a blob every browser jumps to any moment; out of a data URI some only play.
  video.src = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));

  function picture(time) {
    shown = time;
    onPicture(time);
  }

  function follow() {
    asked = true;
    video.requestVideoFrameCallback(function (now, about) {
      picture(about.mediaTime);
      follow();
    });
  }

  function poll() {
    if (video.paused || asked) return;
    picture(Math.floor(video.currentTime * fps + 1e-3) / fps);
    window.requestAnimationFrame(poll);
  }

  function seek(time) {
    wanted = time;
    if (video.readyState < 1 || video.seeking) return;
    wanted = null;
    // The middle of the frame: its edges belong to its neighbours as well.
    video.currentTime = (Math.round(time * fps) + 0.5) / fps;
  }

  video.addEventListener("loadedmetadata", function () { if (wanted !== null) seek(wanted); });
  video.addEventListener("seeked", function () {
    if (wanted !== null) seek(wanted);
    else if (video.paused) picture(Math.floor(video.currentTime * fps + 1e-3) / fps);
  });
  video.addEventListener("playing", function () { poll(); });
  video.addEventListener("ended", onEnd);
  video.addEventListener("error", onFail);
  if (video.requestVideoFrameCallback) follow();
  return {
    element: video,
    seek: seek,
    shown: function () { return shown; },
    speed: function (rate) { video.playbackRate = rate; },
    play: function (time, rate) {
      video.playbackRate = rate;
      seek(time);
      var begun = video.play();
      if (begun) begun.catch(function (error) { if (error.name !== "AbortError") onFail(); });
    },
    stop: function () { video.pause(); }
  };
}
