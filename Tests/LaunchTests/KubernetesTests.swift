import Foundation
import Testing
import Yams

@Suite("launch/kubernetes.yaml")
struct KubernetesTests {
  private let manifest: Node

  init() throws {
    let text = try String(contentsOfFile: Repository.launcher("kubernetes.yaml"), encoding: .utf8)
    manifest = try #require(try Yams.compose(yaml: text))
  }

  private func keys(_ node: Node?) -> Set<String> {
    Set(node?.mapping?.keys.compactMap(\.string) ?? [])
  }

  private func expectKeys(of node: Node?, among known: Set<String>) {
    let unknown = keys(node).subtracting(known)
    #expect(unknown.isEmpty)
  }

  @Test("is an MPIJob with the fields of kubeflow.org/v2beta1")
  func fields() throws {
    #expect(manifest["apiVersion"]?.string == "kubeflow.org/v2beta1")
    #expect(manifest["kind"]?.string == "MPIJob")
    #expect(keys(manifest) == ["apiVersion", "kind", "metadata", "spec"])
    let spec = manifest["spec"]
    expectKeys(
      of: spec,
      among: [
        "slotsPerWorker", "runPolicy", "mpiReplicaSpecs", "sshAuthMountPath", "mpiImplementation",
      ])
    expectKeys(
      of: spec?["runPolicy"],
      among: [
        "cleanPodPolicy", "ttlSecondsAfterFinished", "activeDeadlineSeconds", "backoffLimit",
        "schedulingPolicy", "suspend",
      ])
    #expect(keys(spec?["mpiReplicaSpecs"]) == ["Launcher", "Worker"])
    for role in ["Launcher", "Worker"] {
      let replica = spec?["mpiReplicaSpecs"]?[role]
      #expect(keys(replica) == ["replicas", "restartPolicy", "template"])
      expectKeys(
        of: replica?["template"]?["spec"],
        among: [
          "containers", "volumes", "terminationGracePeriodSeconds",
        ])
    }
  }

  @Test("mounts the volumes it declares, and starts as many ranks as there are slots")
  func consistency() throws {
    let replicas = try #require(manifest["spec"]?["mpiReplicaSpecs"])
    for role in ["Launcher", "Worker"] {
      let pod = replicas[role]?["template"]?["spec"]
      let declared = pod?["volumes"]?.sequence?.compactMap { $0["name"]?.string } ?? []
      let mounted =
        pod?["containers"]?[0]?["volumeMounts"]?.sequence?
        .compactMap { $0["name"]?.string } ?? []
      #expect(!mounted.isEmpty && Set(mounted) == Set(declared))
    }
    let arguments = try #require(
      replicas["Launcher"]?["template"]?["spec"]?["containers"]?[0]?["args"]?.array(of: String.self)
    )
    let ranks = try #require(arguments.firstIndex(of: "-np")) + 1
    let slots = try #require(manifest["spec"]?["slotsPerWorker"]?.int)
    let workers = try #require(replicas["Worker"]?["replicas"]?.int)
    #expect(arguments[ranks] == "\(slots * workers)")
  }
}
