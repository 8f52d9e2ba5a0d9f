// The limit of start-up: a server with one answer and nothing else.
const headers = { "content-type": "application/vnd.spring-boot.actuator.v3+json" };

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2] ?? 0),
  development: false,
  fetch: () => new Response('{"status":"UP"}', { headers }),
});
console.log(server.url.origin);
