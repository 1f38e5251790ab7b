from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("results", "0006_objects_fault")]
    operations = [
        migrations.AddField(model_name="result", name="arrays_key", field=models.TextField(default="")),
        migrations.AlterField(
            model_name="resultobject",
            name="kind",
            field=models.TextField(
                choices=[
                    ("seg", "Seg"),
                    ("sr", "Sr"),
                    ("parametric map", "Parametric Map"),
                    ("surface", "Surface"),
                    ("annotations", "Annotations"),
                    ("document", "Document"),
                    ("rejection note", "Rejection Note"),
                ]
            ),
        ),
    ]
