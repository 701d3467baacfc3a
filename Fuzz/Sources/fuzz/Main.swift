import CLibFuzzer
import Glibc

/// `FUZZ_TARGET=NAME fuzz [ARGUMENT OF LIBFUZZER…]`, `fuzz --targets`, `fuzz --seeds FOLDER`
///
/// The target's name is in a variable because libFuzzer starts itself anew for some of its modes, with its own arguments.
@main
struct Main {
  static func main() throws {
    switch CommandLine.arguments.dropFirst().first {
    case "--targets":
      for target in FuzzTarget.all { print(target.name) }
    case "--seeds" where CommandLine.arguments.count == 3:
      try SenderSeeds.write(to: CommandLine.arguments[2])
    default:
      guard chosen != nil else {
        print("usage: FUZZ_TARGET=NAME fuzz [ARGUMENT OF LIBFUZZER...] | fuzz --targets | fuzz --seeds FOLDER")
        exit(2)
      }
      var count = CommandLine.argc
      var words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
      exit(
        LLVMFuzzerRunDriver(&count, &words) { data, size in
          chosen?.run(Array(UnsafeBufferPointer(start: data, count: size)))
          return 0
        })
    }
  }
}

/// A C function has no context, so what it calls is found here.
private let chosen = getenv("FUZZ_TARGET").flatMap { name in
  FuzzTarget.all.first { $0.name == String(cString: name) }
}
