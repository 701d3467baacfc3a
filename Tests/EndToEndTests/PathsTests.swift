import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("Pushes to files that a pipeline is not about")
struct PathsTests {
  @Test(
    "are skipped with the reason, whatever the payload lists, and the next one that counts takes along what came before"
  )
  func pushes() throws {
    let repository = try GitRepository()
    let first = try repository.commit("src/a.c", "one")
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        repo: \(repository.url)
        on:
          push: {branches: [main], paths: ["src/**", "!**/*.md"]}
          manual: true
        steps: [cat src/a.c]
        """
      ])
    try agent.start()
    #expect(try agent.post(GitHubPush(cloneURL: repository.url, after: first)).runs == [1])
    #expect(try agent.finished(1).run.state == .succeeded)

    try repository.commit("docs/a.txt", "x")
    let second = try repository.commit("src/README.md", "x")
    // The payload says that a file in src was changed; nobody asks it.
    let payload = GitHubPush(cloneURL: repository.url, before: first, after: second).json
      .replacing(#""commits":[]"#, with: #""commits":[{"id":"\#(second)","modified":["src/a.c"]}]"#)
    #expect(try agent.post(body: payload).runs == [2])
    let skipped = try agent.finished(2)
    #expect(skipped.run.state == .skipped)
    let reason =
      "nothing in [src/**, !**/*.md] changed: 2 files, such as docs/a.txt; compared with what run 1 deployed, "
      + first.prefix(8)
    #expect(skipped.run.reason == reason)
    #expect(try agent.pushrod("show", "2").output.contains(reason))
    let followed = try agent.pushrod("tail", "2")
    #expect(followed.status == 0 && followed.output.contains("run 2 of shop skipped: nothing in"), "\(followed.output)")
    #expect(try agent.pushrod("runs", "--state", "skipped").output.contains("skipped"))
    #expect(
      try agent.pushrod("inbox", "show", "2").output.contains(
        "the run finds out whether a file in [src/**, !**/*.md] changed"))

    let third = try repository.commit("src/a.c", "two")
    #expect(try agent.post(GitHubPush(cloneURL: repository.url, before: second, after: third)).runs == [3])
    #expect(try agent.finished(3).run.state == .succeeded)
    #expect(try agent.stepLog(3, "01-") == "two")

    // A person who asks gets it.
    try repository.commit("docs/b.txt", "x")
    #expect(try agent.pushrod("run", "shop").status == 0)
    #expect(try agent.pushrod("rerun", "2").status == 0)
  }

  @Test("leave out the steps that are not about them, also where the steps stand in the repository")
  func steps() throws {
    let repository = try GitRepository()
    try repository.commit(
      ".pushrod.yml",
      """
      steps:
        - {name: api, when: {path: "api/**"}, run: "test ! -e api/broken"}
        - {name: web, when: {path: "web/**"}, run: echo web}
        - {name: always, run: echo always}
      """)
    let first = try repository.commit("api/a.c", "one")
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": "repo: \(repository.url)\non: {push: {branches: [main]}, manual: true}\nfile: .pushrod.yml\n"
      ])
    try agent.start()
    #expect(try agent.post(GitHubPush(cloneURL: repository.url, after: first)).runs == [1])
    #expect(try agent.finished(1).run.state == .succeeded)

    let second = try repository.commit("api/broken", "x")
    #expect(try agent.post(GitHubPush(cloneURL: repository.url, before: first, after: second)).runs == [2])
    #expect(try agent.finished(2).run.state == .failed)
    // It is about no part of the repository, but the failed one is not deployed yet.
    let third = try repository.commit("README.md", "x")
    #expect(try agent.post(GitHubPush(cloneURL: repository.url, before: second, after: third)).runs == [3])
    let shown = try agent.finished(3)
    #expect(shown.run.state == .failed && shown.run.failedStep == "api")

    try repository.git("rm", "--quiet", "api/broken")
    let fourth = try repository.commit("web/index.html", "x")
    #expect(try agent.post(GitHubPush(cloneURL: repository.url, before: third, after: fourth)).runs == [4])
    // The file that was taken away again is live for all that is known: run 3 may have put it there.
    #expect(try agent.finished(4).steps.compactMap(\.stepState) == [.succeeded, .succeeded, .succeeded, .succeeded])

    let fifth = try repository.commit("web/index.html", "y")
    #expect(try agent.post(GitHubPush(cloneURL: repository.url, before: fourth, after: fifth)).runs == [5])
    #expect(try agent.finished(5).run.state == .succeeded)
    let words =
      "nothing in [api/**] changed: 1 file, web/index.html; compared with what run 4 deployed, \(fourth.prefix(8))"
    #expect(try agent.pushrod("show", "5").output.contains(words))
    // A person wants all of it.
    #expect(try agent.pushrod("run", "shop").status == 0)
    #expect(try agent.finished(6).steps.compactMap(\.stepState) == [.succeeded, .succeeded, .succeeded, .succeeded])
  }
}
