import Foundation
import Model
import TestSupport
import Testing
import Webhooks

/// Payloads of GitLab and Bitbucket from `../shared/payloads`, against the facts that Python reads from them.
@Suite("Real payloads of GitLab and Bitbucket")
struct ForgePayloadTests {
  static let senders = ["gitlab", "bitbucket", "bitbucket-server"]

  private struct Fact: Decodable, Equatable {
    var repository: String
    var ref: String
    var before: String
    var after: String
    var pusher: String?
    var created: Bool
    var deleted: Bool
    var clone: String?
  }

  /// A list of facts for each file name; the naive reader.
  private static let reader = """
    import json, pathlib, sys
    Z = '0' * 40
    def gitlab(p):
      if (p.get('object_kind') or p.get('event_name')) in ('push', 'tag_push'):
        yield (p['project']['path_with_namespace'], p['ref'], p['before'], p['after'], p['user_name'],
               p['project']['git_http_url'])
    def bitbucket(p):
      for c in p.get('push', {}).get('changes', []):
        s = c['new'] or c['old']
        ref = {'branch': 'refs/heads/', 'tag': 'refs/tags/'}[s['type']] + s['name']
        yield (p['repository']['full_name'], ref, c['old']['target']['hash'] if c['old'] else Z,
               c['new']['target']['hash'] if c['new'] else Z, p['actor']['nickname'],
               'https://bitbucket.org/' + p['repository']['full_name'])
    def server(p):
      for c in p.get('changes', []) if p['eventKey'] == 'repo:refs_changed' else []:
        r = p['repository']
        yield (r['project']['key'] + '/' + r['slug'], c['ref']['id'], c['fromHash'], c['toHash'], p['actor']['name'],
               [l['href'] for l in r['links']['clone'] if l['name'] == 'http'][0])
    read = {'gitlab': gitlab, 'bitbucket': bitbucket, 'bitbucket-server': server}[sys.argv[1]]
    out = {}
    for path in pathlib.Path(sys.argv[2]).rglob('*.json'):
      out[str(path)] = [dict(zip(('repository', 'ref', 'before', 'after', 'pusher', 'clone'), f),
                             created=f[2] == Z, deleted=f[3] == Z) for f in read(json.load(open(path)))]
    print(json.dumps(out))
    """

  @Test(
    "every file is read: pushes say what Python finds in them, the others are ignored with a reason",
    arguments: senders)
  func files(name: String) throws {
    guard let root = SharedMaterial.folder("payloads") else { return }
    let sender = try #require(Senders.named(name))
    let output = try runChecked(["python3", "-c", Self.reader, name, "\(root)/\(name)"])
    let facts = try JSONDecoder().decode([String: [Fact]].self, from: Data(output.utf8))
    #expect(facts.values.contains { !$0.isEmpty })
    for (path, expected) in facts {
      let meaning = try sender.meaning(of: request(name, path, isPush: !expected.isEmpty))
      #expect((meaning.ignored != nil) == expected.isEmpty, "\(path)")
      #expect(meaning.pushes.count == expected.count, "\(path)")
      for (push, fact) in zip(meaning.pushes, expected) {
        #expect(push.repository == fact.repository, "\(path)")
        #expect(push.ref.full == fact.ref, "\(path)")
        #expect(push.before.hex == fact.before, "\(path)")
        #expect(push.after.hex == fact.after, "\(path)")
        #expect(push.pusher == fact.pusher, "\(path)")
        #expect(push.created == fact.created && push.deleted == fact.deleted, "\(path)")
        #expect(push.addresses.contains { $0.url == fact.clone }, "\(path)")
      }
    }
  }

  @Test("no file, cut or with a value of another kind, is more than refused", arguments: senders)
  func damaged(name: String) throws {
    guard let root = SharedMaterial.folder("payloads") else { return }
    let sender = try #require(Senders.named(name))
    let names = FileManager.default.enumerator(atPath: "\(root)/\(name)")?.compactMap { $0 as? String } ?? []
    for path in names where path.contains("push") || path.contains("refs-changed") {
      let whole = try request(name, "\(root)/\(name)/\(path)", isPush: true)
      for cut in stride(from: 0, to: whole.body.count, by: 29) {
        var request = whole
        request.body = Array(whole.body.prefix(cut))
        #expect(throws: Unreadable.self) { try sender.meaning(of: request) }
      }
      for (from, to) in [("\"", "7"), ("[", "{"), ("{", "["), (":", ":["), ("0", "x"), ("null", "7"), ("\"", "")] {
        for occurrence in 0..<40 {
          var request = whole
          request.body = replacing(whole.body, Array(from.utf8), with: Array(to.utf8), occurrence)
          _ = try? sender.meaning(of: request)
        }
      }
    }
  }

  @Test("Stripe's event is told by its type and id")
  func stripe() throws {
    guard let root = SharedMaterial.folder("payloads") else { return }
    let body = Array(try readFile("\(root)/stripe/stripe-dotnet/event_test_signature.json"))
    let meaning = try Stripe().meaning(of: SignedRequest(headers: [:], body: body, now: 0))
    #expect(meaning.event == "customer.created" && meaning.id == "evt_123")
  }

  private func request(_ name: String, _ path: String, isPush: Bool) throws -> SignedRequest {
    let event = isPush ? (name == "bitbucket" ? "repo:push" : "repo:refs_changed") : "some:other"
    return SignedRequest(
      headers: ["Content-Type": "application/json", "X-Event-Key": event], body: Array(try readFile(path)), now: 0)
  }

  private func replacing(_ bytes: [UInt8], _ old: [UInt8], with new: [UInt8], _ occurrence: Int) -> [UInt8] {
    var left = occurrence
    for start in bytes.indices where bytes[start...].starts(with: old) {
      if left == 0 { return Array(bytes[..<start]) + new + Array(bytes[(start + old.count)...]) }
      left -= 1
    }
    return bytes
  }
}
