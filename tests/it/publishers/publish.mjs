// SPDX-License-Identifier: MIT
// publish.mjs push|pub ENDPOINT N: by zeromq of the npm registry, taken from
// node_modules of the directory it is run in.  A heartbeat now and then until a
// line comes in, for who does not listen yet hears nothing; then N events; then
// it stays until its input ends, so that nothing is thrown away on the way.
import { createRequire } from "node:module";

const zmq = createRequire(process.cwd() + "/")("zeromq");
const [kind, endpoint, n] = process.argv.slice(2);
const socket = kind === "pub" ? new zmq.Publisher() : new zmq.Push();
const source = `node-${kind}`, boot = Date.now();
let seq = 0, told = false;

async function publish(event) {
  const body = JSON.stringify({ source, boot, seq: ++seq, time: Date.now(), ...event });
  await socket.send(kind === "pub" ? ["events", body] : body);
}

process.stdin.once("data", () => (told = true));
const ended = new Promise((resolve) => process.stdin.once("end", resolve));
socket.sendHighWaterMark = 0;
socket.connect(endpoint);
while (!told) {
  await publish({ event: "heartbeat" });
  await new Promise((resolve) => setTimeout(resolve, 50));
}
for (let i = 1; i <= n; i++)
  await publish({ event: "queued", channel: "call", queue: "sales", contact: `call-${i}` });
await ended;
socket.close();
