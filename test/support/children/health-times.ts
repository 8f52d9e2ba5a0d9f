// Asks for a service's health, one request after the other, until its standard input ends; then prints
// what it saw. A process of its own: one that also reads a thousand streams would measure itself.
// Argument: the service's URL.
const [url = ""] = process.argv.slice(2);
let asking = true;
void Bun.stdin.text().then(() => {
  asking = false;
});
const times: number[] = [];
let refused = 0;
console.log("asking");
while (asking) {
  const startedAt = performance.now();
  const answer = await fetch(`${url}/actuator/health`);
  await answer.bytes();
  times.push(performance.now() - startedAt);
  if (answer.status !== 200) refused++;
  await Bun.sleep(1);
}
times.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    asked: times.length,
    refused,
    medianMs: times[Math.floor(times.length / 2)],
    longestMs: times.at(-1),
  }),
);

export {};
