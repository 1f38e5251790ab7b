"""The study index: patients, studies, series, instances, as received and without their pixels."""
