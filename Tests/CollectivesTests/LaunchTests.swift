import Collectives
import Testing

@Suite("What started this process")
struct LaunchTests {
  @Test("nothing did: a job of one rank, without MPI")
  func plainStart() throws {
    #expect(Launch(environment: ["PATH": "/usr/bin"]) == nil)
    #expect(try Launch.communicator(environment: [:]) is SoloCommunicator)
  }

  @Test("a launcher of a single process needs no MPI either")
  func singleProcess() throws {
    for environment in [
      ["OMPI_COMM_WORLD_SIZE": "1", "OMPI_COMM_WORLD_RANK": "0"],
      ["SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"],
    ] {
      #expect(try Launch.communicator(environment: environment) is SoloCommunicator)
    }
  }

  @Test("Open MPI's mpirun, also inside a Slurm step of another size")
  func openMPI() {
    let launch = Launch(environment: [
      "OMPI_COMM_WORLD_SIZE": "8", "OMPI_COMM_WORLD_RANK": "5", "PMIX_RANK": "5",
      "SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1",
    ])
    #expect(
      launch == Launch(launcher: "Open MPI's mpirun", size: 8, rank: 5, canConnect: true))
  }

  @Test("srun with PMIx")
  func slurmWithPMIx() {
    let launch = Launch(environment: [
      "PMIX_RANK": "3", "SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "3",
    ])
    #expect(launch == Launch(launcher: "srun --mpi=pmix", size: 4, rank: 3, canConnect: true))
  }

  @Test("srun without PMIx is refused before MPI starts, with what to write instead")
  func slurmWithoutPMIx() {
    let error = #expect(throws: LaunchError.self) {
      try Launch.communicator(environment: ["SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "3"])
    }
    #expect(error?.description.contains("srun started 4 processes") == true)
    #expect(error?.description.contains("--mpi=pmix") == true)
  }

  @Test("another library's mpirun, which leaves PMI variables")
  func otherLibrary() {
    let launch = Launch(environment: ["PMI_RANK": "1", "PMI_SIZE": "4"])
    #expect(launch?.size == 4 && launch?.rank == 1)
  }

  @Test("a size that is no number counts as none")
  func unreadableSize() {
    #expect(Launch(environment: ["OMPI_COMM_WORLD_SIZE": "many"]) == nil)
  }
}
