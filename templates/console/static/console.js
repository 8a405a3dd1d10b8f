// The console page: opens the stream of the VM in its path with the ticket in its query, which is good once.
import RFB from "./novnc.min.js";

// What the server closes a stream with; see ssvirt/console.py.
const REASONS = {
  1013: "Too many consoles are open here. Try again in a moment, with a new ticket.",
  4404: "The machine is not powered on.",
  4408: "Closed: nothing was typed or shown for a long time.",
  4409: "Closed: a console stays open for a limited time.",
  4500: "The console could not be opened: the machine's cluster does not answer.",
};
const REFUSED = "The console was not opened. A ticket is good for one console, once, and for 30 seconds: get a new one.";

const status = document.getElementById("status");
const controlAltDelete = document.getElementById("cad");

function tell(text, isBad = false) {
  status.textContent = text;
  status.classList.toggle("bad", isBad);
}

const ticket = new URLSearchParams(location.search).get("ticket");
// The ticket is used up by this page; it need not stay in the address bar or the history.
history.replaceState(null, "", location.pathname);

if (ticket === null) {
  tell("There is no ticket in the address of this page.", true);
} else {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}${location.pathname}?ticket=${encodeURIComponent(ticket)}`);
  let wasOpen = false;
  socket.addEventListener("open", () => { wasOpen = true; });
  socket.addEventListener("close", (event) => {
    controlAltDelete.disabled = true;
    const plain = wasOpen ? "Disconnected." : REFUSED;
    tell(REASONS[event.code] ?? plain, true);
  });
  const rfb = new RFB(document.getElementById("screen"), socket);
  rfb.scaleViewport = true;
  rfb.addEventListener("connect", () => {
    tell("Connected");
    controlAltDelete.disabled = false;
    rfb.focus();
  });
  rfb.addEventListener("desktopname", (event) => {
    document.getElementById("name").textContent = event.detail.name;
    document.title = `${event.detail.name} – Console`;
  });
  controlAltDelete.addEventListener("click", () => { rfb.sendCtrlAltDel(); rfb.focus(); });
}

document.getElementById("full").addEventListener("click", () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
});
