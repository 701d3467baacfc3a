import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// Caches and artifacts of a pipeline file, through the real agent, runner, API and command line.
@Suite("Caches and artifacts of a pipeline")
struct ArtifactTests {
  private static func pipeline(_ repository: GitRepository) -> String {
    """
    name: shop
    repo: file://\(repository.path)
    on: { push: { branches: [main] }, manual: true }
    steps:
      - name: install
        run: "[ -e modules/one ] && echo warm || { echo cold; mkdir modules; echo 1 > modules/one; }"
        cache: { key: package.json, paths: modules }
      - name: build
        run: mkdir -p 'dist/ü b'; echo "$PUSHROD_RUN" > dist/app.js; echo '<script>' > 'dist/ü b/a"x.html'; exit 3
        artifacts: dist
        allow_failure: true
    """
  }

  @Test(
    "a cache is warm in the second run, within the agent's limit; artifacts are listed, fetched and removed with the run"
  )
  func whole() throws {
    let repository = try GitRepository()
    try repository.commit("package.json", "{}")
    let agent = try AgentUnderTest(
      pipelines: ["shop.yml": Self.pipeline(repository)],
      settings: "cache: { size: 1G }\nruns: { keep: { runs: 1 } }\napi: { listen: \"127.0.0.1:0\" }", name: "artifacts")
    try agent.start()
    for number in 1...2 {
      let ran = try agent.pushrod("run", "shop")
      #expect(ran.status == 0, "\(ran.output)\(ran.errorOutput)")
      #expect(try agent.stepLog(number, "01-").contains(number == 1 ? "cold" : "warm"))
    }
    let spec = try String(contentsOfFile: agent.runDirectory(2) + "/spec.json", encoding: .utf8)
    #expect(spec.contains("\"size\" : 1073741824"))

    struct List: Decodable {
      struct Item: Decodable { var path: String; var size: Int }
      var artifacts: [Item]
    }
    let json = try JSON.decoder().decode(
      List.self, from: Data(try agent.pushrod("artifacts", "ls", "2", "--json").stdout))
    #expect(json.artifacts.map(\.path) == ["dist/app.js", "dist/ü b/a\"x.html"])
    #expect(json.artifacts.map(\.size) == [2, 9])
    let plain = try agent.pushrod("artifacts", "ls", "2")
    #expect(plain.output.contains("dist/app.js"))

    let folder = try TemporaryDirectory("fetched")
    #expect(try agent.pushrod("artifacts", "get", "2", "dist/app.js", "-o", folder.path).status == 0)
    #expect(try folder.read("app.js") == "2\n")
    let again = try agent.pushrod("artifacts", "get", "2", "dist/app.js", "-o", folder.path)
    #expect(again.status == 1 && again.errorOutput.contains("is there already"))
    #expect(try agent.pushrod("artifacts", "get", "2", "--all", "-o", folder.file("all")).status == 0)
    #expect(try folder.read("all/dist/ü b/a\"x.html") == "<script>\n")
    for path in ["../spec.json", "nope", "dist"] {
      let refused = try agent.pushrod("artifacts", "get", "2", path, "-o", folder.file("none"))
      #expect(refused.status != 0, "\(path)")
    }
    #expect(try agent.pushrod("artifacts", "get", "2").status == 2)

    // As a browser meets it: nothing to be run, a name to be saved under, and only for who may read.
    let token = try agent.pushrod("token", "create", "--scope", "read").output
    let address = "http://127.0.0.1:\(agent.apiPort)/api/runs/2/artifact?path=dist/%C3%BC%20b/a%22x.html"
    let answer = try run(["curl", "-sS", "-D", "-", "-H", "Authorization: Bearer \(token)", address])
    #expect(answer.output.hasPrefix("HTTP/1.1 200"))
    #expect(answer.output.contains("Content-Type: application/octet-stream\r\n"))
    #expect(answer.output.contains("X-Content-Type-Options: nosniff\r\n"))
    #expect(
      answer.output.contains("Content-Disposition: attachment; filename=\"a_x.html\"; filename*=UTF-8''a%22x.html\r\n"),
      "\(answer.output)")
    #expect(answer.output.hasSuffix("<script>"))
    #expect(try run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", address]).output == "401")

    // The first run goes, and its files with it.
    try waitUntil("retention removes run 1", within: 120) {
      !FileManager.default.fileExists(atPath: agent.runDirectory(1))
    }
    #expect(try agent.pushrod("artifacts", "ls", "1").output == "")
  }
}
