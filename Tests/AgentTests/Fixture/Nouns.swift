import Agent
import Foundation
import Model
import TestSupport
import Webhooks

let someCommit = CommitID(String(repeating: "a1", count: 20))!
let otherCommit = CommitID(String(repeating: "b2", count: 20))!
let theSecret = "the secret of these tests"

func somePipeline(
  _ name: String = "shop", group: String? = nil, branches: [String] = ["main"], manual: Bool = true,
  secrets: [String] = [], repository: String? = nil
) throws -> Pipeline {
  Pipeline(
    name: name, repository: try RepositoryURL(repository ?? "https://github.com/acme/shop.git"),
    triggers: Triggers(push: PushTrigger(branches: branches, tags: nil, skip: nil), manual: manual),
    secrets: secrets, concurrency: group.map { Concurrency(group: $0) }, steps: [Step(name: "build", run: "make")])
}

func someRequest(_ pipeline: Pipeline) -> RunRequest {
  RunRequest(pipeline: pipeline, trigger: .push, ref: RefName("refs/heads/main")!, commit: someCommit)
}

func someRules(_ pipelines: [Pipeline], parallel: Int = 4, secrets: [String: Secret] = [:]) -> Ruleset {
  let sender = Senders.named("github")!
  return Ruleset(
    sources: [
      "github": Source(name: "github", sender: sender, secrets: [Secret("an older secret"), Secret(theSecret)]),
      "bare": Source(name: "bare", sender: sender, secrets: [Secret(" ")]),
    ],
    pipelines: pipelines, secrets: secrets, publicURL: "https://deploy.example.com", parallelRuns: parallel)
}

/// A push as GitHub posts it, signed by an implementation of HMAC that is not ours.
func signedPush(
  id: String? = "d-1", branch: String = "main", repository: String = "acme/shop", body: String? = nil,
  event: String = "push", source: String = "github", secret: String = theSecret
) throws -> HookRequest {
  let body =
    body ?? """
      {"ref":"refs/heads/\(branch)","before":"\(otherCommit)","after":"\(someCommit)","created":false,\
      "deleted":false,"forced":false,"pusher":{"name":"ada"},"head_commit":{"id":"\(someCommit)","message":"Sell more"},\
      "repository":{"full_name":"\(repository)","clone_url":"https://github.com/\(repository).git"}}
      """
  let key = secret.utf8.map { String(format: "%02x", $0) }.joined()
  let signature = try runChecked(
    ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(key)"], input: Array(body.utf8)
  ).suffix(64)
  var headers: Headers = [
    "Content-Type": "application/json", "X-GitHub-Event": event, "X-Hub-Signature-256": "sha256=\(signature)",
  ]
  if let id { headers.append("X-GitHub-Delivery", id) }
  return HookRequest(source: source, headers: headers, body: Array(body.utf8), address: "192.0.2.7")
}

extension Person {
  static let ada = Person(name: "ada", via: .socket)
  static let bob = Person(name: "bob", via: .socket)
}
