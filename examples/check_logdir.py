"""Ask of any projector logdir what the viewer would fail to show.

Run:  python examples/check_logdir.py LOGDIR
"""

import sys

import projector_export

if len(sys.argv) < 2:
    sys.exit(__doc__)
report = projector_export.check(sys.argv[1])
for finding in report.findings:
    print(finding.severity, finding.code, finding.where, finding.problem, finding.remedy, sep=" | ")
sys.exit(1 if report.n_faults else 0)
