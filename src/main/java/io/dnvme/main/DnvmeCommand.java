package io.dnvme.main;

import picocli.CommandLine.Command;

/** The root of the command line. */
@Command(
    name = "dnvme",
    description = "Distributed block storage that speaks NVMe/TCP on both sides.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND")
final class DnvmeCommand {}
