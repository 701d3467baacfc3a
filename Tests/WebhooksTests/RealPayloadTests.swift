import Foundation
import Model
import TestSupport
import Testing
import Webhooks

/// Payloads that real forges sent, from `../shared/payloads`.
@Suite("Real payloads")
struct RealPayloadTests {
  @Test("every payload of GitHub is a push or ignored with a reason")
  func gitHub() throws {
    for (path, event) in gitHubFiles() {
      let meaning = try GitHub().meaning(of: gitHubRequest(Array(try readFile(path)), event: event))
      #expect((meaning.push != nil) == (event == "push"), "\(path)")
      #expect((meaning.ignored == nil) == (event == "push"), "\(path)")
    }
  }

  @Test("a push of GitHub says what its JSON says")
  func gitHubPushes() throws {
    for (path, event) in gitHubFiles() where event == "push" {
      let data = try readFile(path)
      let push = try #require(try GitHub().meaning(of: gitHubRequest(Array(data))).push)
      let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      let repository = try #require(json["repository"] as? [String: Any])
      #expect(push.repository == repository["full_name"] as? String)
      #expect(push.ref.full == json["ref"] as? String)
      #expect(push.before.hex == json["before"] as? String)
      #expect(push.after.hex == json["after"] as? String)
      #expect(push.created == json["created"] as? Bool)
      #expect(push.deleted == json["deleted"] as? Bool)
      #expect(push.forced == json["forced"] as? Bool)
      #expect(push.pusher == (json["pusher"] as? [String: Any])?["name"] as? String)
      #expect(push.message == (json["head_commit"] as? [String: Any])?["message"] as? String)
      #expect(push.addresses.contains { $0.url == repository["clone_url"] as? String })
    }
  }

  @Test("every push with any one key removed, nulled or of another kind is read or refused, never a crash")
  func mutations() throws {
    var files = gitHubFiles().filter { $0.event == "push" }.map { (sender: GitHub() as any Sender, path: $0.path) }
    files += giteaPushes().map { (GiteaFamily.gitea, $0) }
    for (sender, path) in files {
      let json = try JSONSerialization.jsonObject(with: readFile(path))
      var count = 0
      for mutation in Mutation.all(of: json) {
        let body = Array(try JSONSerialization.data(withJSONObject: mutation))
        count += 1
        do {
          let meaning = try sender.meaning(of: gitHubRequest(body))
          #expect((meaning.push == nil) == (meaning.ignored != nil))
        } catch {
          #expect(error.description.hasSuffix("."), "\(error)")
        }
      }
      #expect(count > 100)
    }
  }

  @Test("every other GitHub event is ignored with a reason whatever is missing from it or null in it")
  func otherEventsMutated() throws {
    for (path, event) in gitHubFiles() where event != "push" {
      let json = try #require(try JSONSerialization.jsonObject(with: readFile(path)) as? [String: Any])
      for key in json.keys {
        for wrong in [nil, NSNull()] as [Any?] {
          var changed = json
          changed[key] = wrong
          let body = Array(try JSONSerialization.data(withJSONObject: changed))
          let meaning = try GitHub().meaning(of: gitHubRequest(body, event: event))
          #expect(meaning.push == nil && meaning.ignored != nil, "\(path) with \(key) changed")
        }
      }
    }
  }

  @Test("pushes of Gitea, Forgejo and Gogs give repository, ref, commits and pusher")
  func family() throws {
    for path in giteaPushes() {
      let data = try readFile(path)
      let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      let repository = try #require(json["repository"] as? [String: Any])
      let push = try #require(try GiteaFamily.gitea.meaning(of: gitHubRequest(Array(data))).push, "\(path)")
      #expect(push.repository == repository["full_name"] as? String)
      #expect(push.ref.full == json["ref"] as? String)
      #expect(push.before.hex == json["before"] as? String)
      #expect(push.after.hex == json["after"] as? String)
      #expect(push.created == push.before.isZero)
      #expect(push.pusher == (json["pusher"] as? [String: Any])?["login"] as? String)
      #expect(push.message?.isEmpty == false)
      #expect(push.addresses.contains { $0.url == repository["clone_url"] as? String })
    }
  }

  @Test("every other payload of the Gitea family is ignored with a reason")
  func familyEvents() throws {
    for folder in ["gitea", "forgejo", "gogs"] {
      let sender = try #require(Senders.named(folder))
      for path in files(below: folder) where !giteaPushes().contains(path) {
        let event = event(of: path)
        let meaning = try sender.meaning(of: gitHubRequest(Array(try readFile(path)), event: event))
        #expect(meaning.ignored != nil, "\(path)")
      }
    }
  }

  // MARK: the files

  private func files(below folder: String) -> [String] {
    guard let root = SharedMaterial.folder("payloads") else { return [] }
    let names = FileManager.default.enumerator(atPath: "\(root)/\(folder)")?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted().map { "\(root)/\(folder)/\($0)" }
  }

  /// The folder is the event's name.
  private func gitHubFiles() -> [(path: String, event: String)] {
    files(below: "github").map { ($0, event(of: URL(fileURLWithPath: $0).deletingLastPathComponent().path)) }
  }

  private func giteaPushes() -> [String] {
    ["gitea", "forgejo", "gogs"].flatMap { files(below: $0) }
      .filter { $0.contains("HookPush") || $0.hasSuffix("push-event.json") }
  }

  private func event(of path: String) -> String {
    URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent.replacing("-", with: "_")
  }
}

/// A JSON value with one thing changed, at any depth.
private enum Mutation {
  /// In the upper two levels, where everything is that we read: removed, nulled, or of another kind. Below, and in
  /// the first element of each list: removed and nulled.
  static func all(of value: Any, depth: Int = 0) -> [Any] {
    let kinds: [Any] = depth < 2 ? [NSNull(), 7] : [NSNull()]
    var changed: [Any] = []
    if let object = value as? [String: Any] {
      for (key, inner) in object {
        var without = object
        without[key] = nil
        changed.append(without)
        for wrong in kinds {
          var other = object
          other[key] = wrong
          changed.append(other)
        }
        for innerChange in all(of: inner, depth: depth + 1) {
          var other = object
          other[key] = innerChange
          changed.append(other)
        }
      }
    } else if let list = value as? [Any] {
      for innerChange in list.first.map({ all(of: $0, depth: depth + 1) }) ?? [] {
        changed.append([innerChange] + list.dropFirst())
      }
    }
    return changed
  }
}
