"""Everything that is looked at: figures, 3D views, explorables. The only place that imports matplotlib or widgets."""
