import Foundation
import TestSupport

/// A plain port of 127.0.0.1 whose every connection goes on to another port, encrypted: so that what a test sends byte by
/// byte reaches a TLS listener byte by byte.
final class TLSTunnel {
  let port: Int
  private let process: ServerProcess
  private let directory: TemporaryDirectory

  /// - Parameter certificate: the one that is trusted, as `localhost`'s.
  init(to target: Int, trusting certificate: String) throws {
    directory = try TemporaryDirectory("tls-tunnel")
    let script = try directory.write("tunnel.py", Self.script)
    let portFile = directory.file("port")
    process = try ServerProcess(
      ["python3", script, "\(target)", certificate, portFile], output: directory.file("log"))
    let end = ContinuousClock.now + .seconds(30)
    while true {
      if let text = try? String(contentsOfFile: portFile, encoding: .utf8), let port = Int(text) {
        self.port = port
        return
      }
      guard !process.hasExited, ContinuousClock.now < end else {
        throw CommandFailure("the TLS tunnel did not start: \(process.log)")
      }
      usleep(10_000)
    }
  }

  private static let script = #"""
    import asyncio, os, ssl, sys

    target, certificate, port_file = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    context = ssl.create_default_context(cafile=certificate)

    async def pump(reader, writer, end):
        # What the other side does not take any more is still read, so that nobody's last words are lost by a reset.
        broken = False
        while True:
            try:
                data = await reader.read(65536)
            except (OSError, ssl.SSLError):
                break
            if not data:
                break
            if broken:
                continue
            try:
                writer.write(data)
                await writer.drain()
            except (OSError, ssl.SSLError):
                broken = True
        try:
            end(writer)
        except (OSError, RuntimeError):
            pass

    async def serve(reader, writer):
        try:
            inner, outer = await asyncio.open_connection(
                "127.0.0.1", target, ssl=context, server_hostname="localhost")
        except (OSError, ssl.SSLError):
            return writer.close()
        await asyncio.gather(
            pump(reader, outer, lambda writer: writer.close()), pump(inner, writer, lambda writer: writer.write_eof()))
        writer.close()

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
        with open(port_file + ".new", "w") as file:
            file.write(str(server.sockets[0].getsockname()[1]))
        os.rename(port_file + ".new", port_file)
        await server.serve_forever()

    asyncio.run(main())
    """#
}
