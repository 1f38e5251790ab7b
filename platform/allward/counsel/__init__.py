"""What guidelines advise on accepted findings, what readers answered, which guidelines a hospital uses."""
