// Loaded before the suite's server: it listens on every address of the machine unless told where.
// Tests stay on the loopback network, on a port the system chooses.
import net from 'node:net'

const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, { port: Number(port), host: process.env.CONFORMANCE_HOST }, ...rest)
}
